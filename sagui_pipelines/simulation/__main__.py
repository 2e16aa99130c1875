"""Command line: `python -m sagui_pipelines.simulation --dir FOLDER --start DATE`."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, date, datetime
from pathlib import Path

from sagui_pipelines.errors import SaguiError
from sagui_pipelines.simulation.basin_run import simulate, write_geography


def main(arguments: list[str] | None = None) -> int:
    """Create or advance a simulated basin; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m sagui_pipelines.simulation",
        description="Create a synthetic basin in HYFAA's file formats, or advance it to a later day.",
    )
    parser.add_argument("--dir", type=Path, required=True, help="folder of the basin")
    parser.add_argument("--cells", type=int, default=1000, help="number of cells (default 1000)")
    parser.add_argument("--seed", type=int, default=973, help="seed of terrain and weather (default 973)")
    parser.add_argument("--start", type=date.fromisoformat, help="first day of rain, YYYY-MM-DD")
    parser.add_argument("--until", type=date.fromisoformat, help="newest flow day (default today, UTC)")
    parser.add_argument(
        "--geography-only", action="store_true", help="no weather and flow, only geography and stations"
    )
    options = parser.parse_args(arguments)
    if options.start is None and not options.geography_only:
        parser.error("--start is required without --geography-only")
    try:
        if options.geography_only:
            write_geography(options.dir, options.cells, options.seed, _say)
        else:
            simulate(
                options.dir,
                cells=options.cells,
                seed=options.seed,
                start=options.start,
                until=options.until or datetime.now(UTC).date(),
                progress=_say,
            )
    except SaguiError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
