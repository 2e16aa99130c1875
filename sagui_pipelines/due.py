"""What is due: the days whose files changed since they were loaded, over all series."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
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
        identities: per table with something due, what tells this content from any other.
    """

    days: dict[str, Days]
    forecast_issue: date | None
    problems: tuple[SaguiError, ...]
    identities: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Found:
    days: Days
    version: str

    def from_day(self, not_before: date) -> Days:
        return self.days[self.days >= np.datetime64(not_before, "D")]


_NOTHING = _Found(np.array([], "datetime64[D]"), "")
_FORECAST_TABLE = table_name(Solution.FORECAST)


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
    loaded = _loaded(engine)
    sources: dict[str, Callable[[], _Found]] = {
        table_name(Solution.MGBSTANDARD): lambda: _series_due(snapshot_dir, Solution.MGBSTANDARD, loaded),
        table_name(Solution.ASSIMILATED): lambda: _series_due(snapshot_dir, Solution.ASSIMILATED, loaded),
        RAIN_TABLE: lambda: _rain_due(workdir, loaded),
        _FORECAST_TABLE: lambda: _forecast_due(snapshot_dir, loaded),
    }
    problems: list[SaguiError] = []
    found: dict[str, _Found] = {}
    for table, find in sources.items():
        try:
            found[table] = find()
        except SaguiError as error:
            problems.append(error)
            found[table] = _NOTHING
    due = {table: of_table.from_day(not_before) for table, of_table in found.items()}
    due = {table: days for table, days in due.items() if days.size}
    identities = {table: _identity(found[table].version, days) for table, days in due.items()}
    issues = due.pop(_FORECAST_TABLE, None)
    return DueDays(due, None if issues is None else issues[0].item(), tuple(problems), identities)


def _identity(version: str, days: Days) -> str:
    return hashlib.sha256(version.encode() + days.tobytes()).hexdigest()[:16]


def _loaded(engine: sa.Engine) -> dict[str, LoadedDays]:
    tables = [*(table_name(solution) for solution in Solution), RAIN_TABLE]
    with transaction(engine) as connection, connection.cursor() as cursor:
        return {table: import_state.loaded_days(cursor, table) for table in tables}


def _series_due(snapshot_dir: Path, solution: Solution, loaded: dict[str, LoadedDays]) -> _Found:
    snapshot = current_snapshot(snapshot_dir, solution)
    with snapshot.open() as portal:
        return _Found(due_series_days(portal, loaded[table_name(solution)]), snapshot.version)


def _rain_due(workdir: Path, loaded: dict[str, LoadedDays]) -> _Found:
    files = due_files(RainStore(workdir / FORCING_ONMESH).catalogue(), loaded[RAIN_TABLE])
    return _Found(
        np.array([file.date for file in files], "datetime64[D]"), " ".join(file.version for file in files)
    )


def _forecast_due(snapshot_dir: Path, loaded: dict[str, LoadedDays]) -> _Found:
    snapshot = current_snapshot(snapshot_dir, Solution.FORECAST)
    known = loaded[_FORECAST_TABLE]
    with snapshot.open() as portal:
        issue = np.datetime64(issue_day(portal), "D")
    versions = dict(zip(known.dates, known.versions, strict=True))
    if versions.get(issue) == snapshot.version:
        return _NOTHING
    return _Found(np.array([issue], "datetime64[D]"), snapshot.version)
