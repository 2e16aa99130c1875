"""Creates the folder of a simulated basin, or advances it to a later day."""

from __future__ import annotations

import fcntl
import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from sagui_pipelines.errors import SettingsInvalid, WorkspaceUnwritable
from sagui_pipelines.hyfaa.runner import Step
from sagui_pipelines.hyfaa.solutions import STATIC_DATA, Solution
from sagui_pipelines.simulation.altimetry import observe
from sagui_pipelines.simulation.basin import Basin
from sagui_pipelines.simulation.files import replacing
from sagui_pipelines.simulation.hyfaa_config import write_configuration
from sagui_pipelines.simulation.series import Series

Progress = Callable[[str], None]


@dataclass(frozen=True)
class SimulationReport:
    """What a call of `simulate` did.

    Attributes:
        cells: number of cells of the basin.
        until: newest flow day asked for.
        rain_days: rain files added.
        flow_days: rows written to the mgbstandard and the assimilated portal.
        forecast_members: members of the present forecast; 0 while there is less than a year of rain.
        changed: whether any file was written.
    """

    cells: int
    until: date
    rain_days: int
    flow_days: int
    forecast_members: int
    changed: bool


def simulate(
    folder: Path,
    *,
    cells: int,
    seed: int,
    start: date,
    until: date,
    progress: Progress,
    steps: Iterable[Step] = tuple(Step),
) -> SimulationReport:
    """Create the basin's folder, or advance it to `until`; nothing is done twice.

    Args:
        folder: gets `hyfaa/` (HYFAA's working directory), `geodata/`, `stations.xlsx`, `reference_flow.csv`.
        cells: number of cells.
        seed: seed of terrain and weather.
        start: first day of rain.
        until: newest flow day, the day after the newest rain.
        progress: gets a line per step.
        steps: which of HYFAA's steps to run, in HYFAA's order.

    Raises:
        SettingsInvalid: arguments make no sense, or the folder was made with others.
        WorkspaceUnwritable: the folder cannot be written.
        DayNotAvailable, SourceCorrupt: a file of the folder was removed or damaged.
    """
    if until <= start:
        raise SettingsInvalid(
            "simulated period",
            f"ends on {until}, not after its start {start}",
            "Choose an earlier SAGUI_HISTORY_START.",
        )
    wanted = set(steps)
    with _locked(folder):
        _remember(folder, cells, seed, start)
        made_geography = _geography(folder, cells, seed, progress)
        basin = Basin.load(_basin_file(folder))
        write_configuration(folder / "hyfaa", basin, seed, start)
        series = Series(folder, basin, seed, np.datetime64(start, "D"))
        day = np.datetime64(until, "D")
        rain_days = flow_days = members = 0
        issued = False
        with _timed(progress) as say:
            if Step.FORCING in wanted:
                rain_days = series.add_rain(day)
                say(f"rain: {rain_days} days added")
            for solution in (Solution.MGBSTANDARD, Solution.ASSIMILATED):
                # Both steps of a solution are one here: the second finds its work done.
                if wanted & {Step(f"{solution.value}_processing"), Step(f"{solution.value}_postprocessing")}:
                    written = series.compute(solution, day)
                    flow_days += written
                    say(f"{solution.value}: {written} days written, up to {until}")
            if Step.ALTIMETRY in wanted:
                say(f"altimetry: {observe(folder / 'hyfaa', basin, seed, day)} observations added")
            if Step.FORECAST in wanted:
                members, issued = series.forecast()
                say(f"forecast: {members} previous years{'' if issued else ', nothing new'}")
    changed = made_geography or issued or rain_days + flow_days > 0
    return SimulationReport(cells, until, rain_days, flow_days, members, changed)


def write_geography(folder: Path, cells: int, seed: int, progress: Progress) -> bool:
    """Write geography, stations, reference flows and static data unless they are there; returns whether it did.

    Raises:
        SettingsInvalid: arguments make no sense, or the folder was made with others.
        WorkspaceUnwritable: the folder cannot be written.
    """
    with _locked(folder):
        _remember(folder, cells, seed, None)
        return _geography(folder, cells, seed, progress)


def _geography(folder: Path, cells: int, seed: int, progress: Progress) -> bool:
    expected = [folder / "geodata" / f"{name}.shp" for name in ("drainage", "mini", "catchments")]
    expected += [folder / "stations.xlsx", folder / "reference_flow.csv", folder / "hyfaa" / STATIC_DATA]
    if all(path.exists() for path in (*expected, _basin_file(folder))):
        return False
    from sagui_pipelines.simulation.country import write_country  # noqa: PLC0415  heavy, and needed only once

    with _timed(progress) as say:
        write_country(folder, cells, seed, say).save(_basin_file(folder))
    return True


def _basin_file(folder: Path) -> Path:
    return folder / "state" / "basin.npz"


def _remember(folder: Path, cells: int, seed: int, start: date | None) -> None:
    """Write down what the folder is made with, or refuse to continue it with something else."""
    path = folder / "simulation.json"
    asked: dict[str, object] = {"cells": cells, "seed": seed, "start": start and start.isoformat()}
    made = json.loads(path.read_text()) if path.exists() else dict.fromkeys(asked)
    for name, value in asked.items():
        if None not in (value, made[name]) and value != made[name]:
            raise SettingsInvalid(
                folder,
                f"was made with {name} {made[name]}, not {value}",
                f"Ask for {name} {made[name]} again, or remove the folder (`make clean`) to begin anew.",
            )
    merged = {name: asked[name] if made[name] is None else made[name] for name in asked}
    if merged != made:
        with replacing(path) as new:
            new.write_text(json.dumps(merged))


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Wait until no other process works on the folder; a dead one holds nothing."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".lock").open("w")
    except OSError as error:
        raise WorkspaceUnwritable(
            folder, f"cannot be written: {error}", "Give the user the right to write there."
        ) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _timed(progress: Progress) -> Iterator[Progress]:
    """Add to each line the seconds since the one before."""
    last = time.perf_counter()

    def say(line: str) -> None:
        nonlocal last
        now = time.perf_counter()
        progress(f"{line} ({now - last:.1f} s)")
        last = now

    yield say
