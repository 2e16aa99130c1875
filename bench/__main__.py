"""All benchmarks: `python -m bench`, which `make bench` calls. Ends with 1 when a target is missed."""

from __future__ import annotations

import sys

from bench import api, edge, load_series, one_day, tiles

if __name__ == "__main__":
    results = [load_series.main(), one_day.main(), api.main(), tiles.main(), edge.main()]
    sys.exit(max(results))
