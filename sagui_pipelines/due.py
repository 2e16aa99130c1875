"""What is due: the days whose files changed since they were loaded, over all series."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from sagui_pipelines.errors import SaguiError
from sagui_pipelines.flow.due import due_days as due_series_days
from sagui_pipelines.flow.forecast import issue_day
from sagui_pipelines.flow.series import table_name
from sagui_pipelines.hyfaa.rain_store import RainStore
from sagui_pipelines.hyfaa.snapshot import current_snapshot
from sagui_pipelines.hyfaa.solutions import FORCING_ONMESH, Solution
from sagui_pipelines.postgis import import_state
from sagui_pipelines.postgis.engine import transaction
from sagui_pipelines.postgis.import_state import LoadedDays
from sagui_pipelines.rainfall.load import TABLE as RAIN_TABLE
from sagui_pipelines.rainfall.load import due_files

Days = NDArray[np.datetime64]


@dataclass(frozen=True)
class DueDays:
    """What a daily run has to load.

    Attributes:
        days: per table of days, the days due, increasing, datetime64[D]; tables with nothing due are left out.
        forecast_issue: issue day of a forecast that is not loaded yet, or was computed again.
        problems: sources that could not be read; they stop nothing else.
    """

    days: dict[str, Days]
    forecast_issue: date | None
    problems: tuple[SaguiError, ...]


def find_due(engine: sa.Engine, *, snapshot_dir: Path, workdir: Path, not_before: date) -> DueDays:
    """Compare files with what was loaded.

    Args:
        engine: with the pipelines' role.
        snapshot_dir: folder of the verified copies.
        workdir: HYFAA's working directory, for the rain store.
        not_before: first day that exists as a partition.

    Raises:
        DatabaseUnavailable, SchemaOutdated: see `postgis.engine.transaction`.
    """
    problems: list[SaguiError] = []

    def attempt(find: Callable[[], Days]) -> Days:
        try:
            return find()
        except SaguiError as error:
            problems.append(error)
            return np.array([], "datetime64[D]")

    loaded = _loaded(engine)
    found = {
        table_name(Solution.MGBSTANDARD): attempt(
            lambda: _series_due(snapshot_dir, Solution.MGBSTANDARD, loaded)
        ),
        table_name(Solution.ASSIMILATED): attempt(
            lambda: _series_due(snapshot_dir, Solution.ASSIMILATED, loaded)
        ),
        RAIN_TABLE: attempt(lambda: _rain_due(workdir, loaded)),
    }
    issues = attempt(lambda: _forecast_due(snapshot_dir, loaded))
    kept = {table: days[days >= np.datetime64(not_before, "D")] for table, days in found.items()}
    return DueDays(
        {table: days for table, days in kept.items() if days.size},
        issues[0].item() if issues.size else None,
        tuple(problems),
    )


def _loaded(engine: sa.Engine) -> dict[str, LoadedDays]:
    tables = [*(table_name(solution) for solution in Solution), RAIN_TABLE]
    with transaction(engine) as connection, connection.cursor() as cursor:
        return {table: import_state.loaded_days(cursor, table) for table in tables}


def _series_due(snapshot_dir: Path, solution: Solution, loaded: dict[str, LoadedDays]) -> Days:
    with current_snapshot(snapshot_dir, solution).open() as portal:
        return due_series_days(portal, loaded[table_name(solution)])


def _rain_due(workdir: Path, loaded: dict[str, LoadedDays]) -> Days:
    catalogue = RainStore(workdir / FORCING_ONMESH).catalogue()
    return np.array([file.date for file in due_files(catalogue, loaded[RAIN_TABLE])], "datetime64[D]")


def _forecast_due(snapshot_dir: Path, loaded: dict[str, LoadedDays]) -> Days:
    snapshot = current_snapshot(snapshot_dir, Solution.FORECAST)
    known = loaded[table_name(Solution.FORECAST)]
    with snapshot.open() as portal:
        issue = np.datetime64(issue_day(portal), "D")
    versions = dict(zip(known.dates, known.versions, strict=True))
    return np.array([] if versions.get(issue) == snapshot.version else [issue], "datetime64[D]")
