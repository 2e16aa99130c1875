"""A history by one click: a backfill over all days, started as Dagster's UI does, in one run.

    python -m bench.backfill [--cells 4500] [--years 10]

The whole platform runs as in `make demo`, in a folder of its own. Measured from the click to the end of the run, with
the daemon's and the queue's waiting times and the start of the process; events are counted in Dagster's database.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psycopg2

from bench.harness import print_table
from bench.synthetic import EPOCH, write_portal
from sagui_pipelines.hyfaa.solutions import FILES, Solution
from tools.native.dagster_api import DagsterApi
from tools.native.layout import PORTS
from tools.native.processes import port_is_free
from tools.native.stack import Stack

TARGET_S = 240
TABLE = "hyfaa_data_assimilated"
_CONSTANT = 200


def _free_port_offset() -> int:
    return next(
        offset
        for offset in range(10_000, 40_000, 37)
        if all(port_is_free(port + offset) for port in PORTS.values())
    )


def _events(stack: Stack) -> int:
    connection = psycopg2.connect(stack.cluster.url("superuser", "dagster"))
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM event_logs")
            return int((cursor.fetchone() or (0,))[0])
    finally:
        connection.close()


def main() -> int:
    """Run it, print seconds, rows and events; exit status 1 when a target is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cells", type=int, default=4500)
    parser.add_argument("--years", type=int, default=10)
    arguments = parser.parse_args()
    dates = np.arange(np.datetime64("2015-01-01"), np.datetime64(f"{2015 + arguments.years}-01-01"))
    with tempfile.TemporaryDirectory(prefix="sagui-bench-") as name:
        folder = Path(name)
        portal = folder / "hyfaa" / FILES[Solution.ASSIMILATED].portal
        portal.parent.mkdir(parents=True)
        print(f"Writing a portal file of {arguments.cells:,} cells x {dates.size:,} days ...", flush=True)
        write_portal(portal, dates, arguments.cells, added_jd=(dates - EPOCH).astype(float) + 0.25)
        stack = Stack(
            folder / ".sagui",
            _free_port_offset(),
            {
                "SAGUI_HYFAA_RUNNER": "none",
                "SAGUI_HYFAA_WORKDIR": str(folder / "hyfaa"),
                "SAGUI_HISTORY_START": str(dates[0]),
                "SAGUI_TILESERV": "stand-in",
            },
        )
        try:
            stack.up()
            api = DagsterApi(stack.layout.url("dagster", "127.0.0.1"))
            for sensor in ("load_due", "publish_due"):
                api.switch_sensor(sensor, on=False)
            api.wait_for_run(api.launch("daily"), 1800)
            before, begun = _events(stack), time.perf_counter()
            backfill = api.backfill(["guyane", TABLE], [str(day) for day in dates])
            runs = api.wait_for_backfill(backfill, 3600)
            seconds = time.perf_counter() - begun
            events = _events(stack) - before
        finally:
            stack.down()
    rows = dates.size * arguments.cells
    working = sum(run["endTime"] - run["startTime"] for run in runs)
    print_table(
        ("backfill", "days", "rows", "runs", "s", "s in the run", "events", "events - days"),
        [
            (
                TABLE,
                f"{dates.size:,}",
                f"{rows:,}",
                str(len(runs)),
                f"{seconds:.1f}",
                f"{working:.1f}",
                f"{events:,}",
                f"{events - dates.size:,}",
            )
        ],
    )
    print(f"targets: {TARGET_S} s from the click, one run, at most one event a day and {_CONSTANT} more")
    return 0 if seconds <= TARGET_S and len(runs) == 1 and events <= dates.size + _CONSTANT else 1


if __name__ == "__main__":
    sys.exit(main())
