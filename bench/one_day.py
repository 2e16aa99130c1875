"""One day more: from HYFAA's new files to the relations that the tile server reads, in seconds of work.

    python -m bench.one_day [--cells 4500] [--days 2100]

The tables hold the whole history. Then HYFAA ran once more: one new day and the 30 last days recomputed in both
series, a new forecast, one new day of rain. Measured in a process of its own: verified copies of the files, the loads,
the publication of all layers.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import netCDF4
import numpy as np
import psycopg2
from numpy.typing import NDArray

from bench.harness import ROOT, peak_rss_mb, print_table, throwaway_cluster
from bench.synthetic import EPOCH, write_portal, write_rain_store
from sagui_pipelines.flow.forecast import configured_dataset, load_forecast
from sagui_pipelines.flow.load import load_series
from sagui_pipelines.hyfaa.portal import Portal
from sagui_pipelines.hyfaa.rain_store import RainStore
from sagui_pipelines.hyfaa.snapshot import take_snapshot
from sagui_pipelines.hyfaa.solutions import FILES, FORCING_ONMESH, Solution
from sagui_pipelines.postgis.engine import create_engine
from sagui_pipelines.publication.layers import publish_layers
from sagui_pipelines.rainfall.load import load_rain

REWRITTEN_DAYS = 30
TARGET_S, TARGET_RSS_MB = 10.0, 600.0


def work(url: str, workdir: Path, snapshots: Path) -> dict[str, dict[str, float]]:
    """Do what one model run asks for; seconds and changed rows of each step, and the peak memory [MB]."""
    engine = create_engine(url)
    steps: dict[str, dict[str, float]] = {}
    clock = time.perf_counter()

    def done(name: str, changed: int) -> None:
        nonlocal clock
        now = time.perf_counter()
        steps[name] = {"s": now - clock, "changed": changed}
        clock = now

    taken = {solution: take_snapshot(workdir, solution, snapshots) for solution in Solution}
    done("verified copies", 0)
    for solution in (Solution.MGBSTANDARD, Solution.ASSIMILATED):
        with Portal(taken[solution].path) as portal:
            report = load_series(engine, portal, solution, snapshot_version=taken[solution].version)
        done(solution.value, report.counts.changed)
    dataset = configured_dataset(engine)
    with (
        Portal(taken[Solution.FORECAST].path, is_forecast=True) as portal,
        Portal(taken[dataset].path) as history,
    ):
        forecast = load_forecast(engine, portal, history, dataset)
    done("forecast", forecast.current.changed + forecast.archive.changed)
    done("rain", load_rain(engine, RainStore(workdir / FORCING_ONMESH)).counts.changed)
    done("layers", sum(layer.changed for layer in publish_layers(engine)))
    steps["peak"] = {"rss_mb": peak_rss_mb()}
    return steps


def write_files(workdir: Path, dates: NDArray[np.datetime64], cells: int) -> None:
    """HYFAA's working directory after a run that ended on the last of `dates`."""
    for paths in FILES.values():
        (workdir / paths.portal).parent.mkdir(parents=True, exist_ok=True)
        (workdir / paths.state_database).parent.mkdir(parents=True, exist_ok=True)
    for solution, ensemble in ((Solution.MGBSTANDARD, False), (Solution.ASSIMILATED, True)):
        path = workdir / FILES[solution].portal
        write_portal(path, dates, cells, added_jd=added(dates), ensemble=ensemble)
    write_forecast(workdir, dates, cells)


def write_forecast(workdir: Path, dates: NDArray[np.datetime64], cells: int) -> None:
    """Ten days after the last of `dates`."""
    coming = dates[-1] + np.arange(1, 11)
    write_portal(
        workdir / FILES[Solution.FORECAST].portal,
        coming,
        cells,
        added_jd=added(coming),
        years_used=5,
        seed=dates.size,
    )


def added(dates: NDArray[np.datetime64]) -> NDArray[np.float64]:
    """When HYFAA computed each day: the next morning."""
    return (dates - EPOCH).astype(np.float64) + 1.25


def recompute(path: Path) -> None:
    """The last 30 days and the newest one differ, and say so."""
    with netCDF4.Dataset(path, "a") as dataset:
        first = dataset.dimensions["n_time"].size - REWRITTEN_DAYS - 1
        dataset["time_added_to_hydb"][first:] = dataset["time_added_to_hydb"][first:] + 0.5
        for name, variable in dataset.variables.items():
            if name.endswith(("_mean", "_median", "_std", "_mad")):
                variable[first:] = np.round(variable[first:] * 1.01, 3)


def prepare(url: str, owner_url: str, workdir: Path, dates: NDArray[np.datetime64], cells: int) -> None:
    """Yesterday's state: geography, and everything loaded but the newest day."""
    connection = psycopg2.connect(owner_url)
    with connection, connection.cursor() as cursor:
        cursor.execute((ROOT / "bench" / "geography.sql").read_text(), {"cells": cells})
    connection.close()
    engine = create_engine(url)
    for solution in (Solution.MGBSTANDARD, Solution.ASSIMILATED):
        with Portal(workdir / FILES[solution].portal) as portal:
            load_series(engine, portal, solution, dates[:-1])
    with (
        Portal(workdir / FILES[Solution.FORECAST].portal, is_forecast=True) as portal,
        Portal(workdir / FILES[Solution.ASSIMILATED].portal) as history,
    ):
        load_forecast(engine, portal, history, Solution.ASSIMILATED)
    load_rain(engine, RainStore(workdir / FORCING_ONMESH), dates[:-1])
    publish_layers(engine)


def main() -> int:
    """Prepare, measure, print; exit status 1 when a target is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cells", type=int, default=4500)
    parser.add_argument("--days", type=int, default=2100)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a server setting")
    parser.add_argument("--work", nargs=3, metavar=("URL", "WORKDIR", "SNAPSHOTS"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.work:
        url, workdir_name, snapshots = arguments.work
        print(json.dumps(work(url, Path(workdir_name), Path(snapshots))))
        return 0
    with (
        throwaway_cluster(arguments.set) as cluster,
        tempfile.TemporaryDirectory(prefix="sagui-bench-") as name,
    ):
        workdir = Path(name) / "hyfaa"
        dates = np.datetime64("2019-01-01") + np.arange(arguments.days)
        print(f"Preparing {arguments.cells:,} cells x {arguments.days:,} days ...", flush=True)
        write_files(workdir, dates, arguments.cells)
        write_rain_store(workdir / FORCING_ONMESH, dates, arguments.cells)
        write_forecast(workdir, dates[:-1], arguments.cells)
        prepare(cluster.url("pipelines"), cluster.url("owner"), workdir, dates, arguments.cells)
        # Yesterday's run left its verified copies.
        for solution in Solution:
            take_snapshot(workdir, solution, Path(name) / "snapshots")
        for solution in (Solution.MGBSTANDARD, Solution.ASSIMILATED):
            recompute(workdir / FILES[solution].portal)
        write_forecast(workdir, dates, arguments.cells)
        command = [sys.executable, "-m", "bench.one_day", "--work", cluster.url("pipelines")]
        done = subprocess.run(
            [*command, str(workdir), str(Path(name) / "snapshots")],
            cwd=ROOT,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
    steps = json.loads(done.stdout)
    peak_mb = steps.pop("peak")["rss_mb"]
    total = sum(step["s"] for step in steps.values())
    rows = [(step, f"{figures['s']:.2f}", f"{figures['changed']:,}") for step, figures in steps.items()]
    print_table(("step", "s", "rows or layers changed"), [*rows, ("together", f"{total:.2f}", "")])
    print(f"peak memory: {peak_mb:.0f} MB")
    print(f"targets: {TARGET_S:.0f} s, {TARGET_RSS_MB:.0f} MB")
    return 0 if total <= TARGET_S and peak_mb <= TARGET_RSS_MB else 1


if __name__ == "__main__":
    sys.exit(main())
