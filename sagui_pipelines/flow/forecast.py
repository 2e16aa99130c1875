"""Loading a forecast issue: into the archive of all issues and, when it is the newest, into the current table."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import files
from pathlib import Path

import numpy as np
import sqlalchemy as sa
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from sagui_pipelines.errors import (
    CellsChanged,
    DatabaseUnavailable,
    SaguiError,
    SchemaOutdated,
    SourceInvalid,
)
from sagui_pipelines.flow.cells import check_cells, expected_cells
from sagui_pipelines.flow.rows import SeriesRows
from sagui_pipelines.flow.scratch import scratch_history
from sagui_pipelines.flow.series import ARCHIVE, SCHEMA, flow_column, table_name
from sagui_pipelines.hyfaa.portal import Portal
from sagui_pipelines.hyfaa.quality import refused_days
from sagui_pipelines.hyfaa.solutions import Solution
from sagui_pipelines.postgis import import_state
from sagui_pipelines.postgis.background import ahead
from sagui_pipelines.postgis.copy_rows import copy_rows
from sagui_pipelines.postgis.engine import transaction
from sagui_pipelines.postgis.import_state import DayRecord, Load
from sagui_pipelines.postgis.merge import MergeCounts, create_staging, merge
from sagui_pipelines.postgis.partitions import create_partition
from sagui_pipelines.postgis.tables import Table, reflect

_CURRENT = table_name(Solution.FORECAST)


@dataclass(frozen=True)
class ForecastReport:
    """What loading an issue did.

    Attributes:
        issue: issue day, the day before the first forecast day.
        days: the forecast days.
        is_newest: the issue is now the one that the current table shows.
        current: what happened to the current table.
        archive: what happened to the archive.
        n_cells: cells of the file.
        source_version: version of the file.
    """

    issue: date
    days: tuple[date, ...]
    is_newest: bool
    current: MergeCounts = field(default_factory=MergeCounts)
    archive: MergeCounts = field(default_factory=MergeCounts)
    n_cells: int = 0
    source_version: str = ""


def issue_day(portal: Portal) -> date:
    """Issue day of a forecast: the day before its first day, the newest of the run it starts from."""
    day: date = (portal.dates[0] - np.timedelta64(1, "D")).item()
    return day


def configured_dataset(engine: sa.Engine) -> Solution:
    """The series that maps, API and forecast anomalies rest on, as an administrator chose it.

    Raises:
        DatabaseUnavailable, SchemaOutdated: see `postgis.engine.transaction`.
    """
    text = files("sagui_pipelines.flow").joinpath("sql/configured_dataset.sql").read_text()
    with transaction(engine) as connection, connection.cursor() as cursor:
        cursor.execute(text)
        row = cursor.fetchone()
    if row is None:
        raise SchemaOutdated(
            "guyane.sagui_saguiconfig",
            "has no row",
            "Run `python -m sagui_backend.manage migrate`, which makes it.",
        )
    return Solution(row[0])


def load_forecast(
    engine: sa.Engine,
    portal: Portal,
    history: Portal,
    dataset: Solution,
    *,
    run_id: str = "",
    snapshot_version: str = "",
    source_file: str | Path | None = None,
) -> ForecastReport:
    """Load one forecast issue, in one transaction.

    The archive keeps every issue. The current table shows the newest: an issue that is not older than the one
    shown replaces it whole, an older one only goes to the archive. The value shown is `flow_median`; a
    single-member forecast (one past year) has its only member there, with spread 0.

    Args:
        engine: with the pipelines' role.
        portal: open copy of the forecast file.
        history: open copy of the file of `dataset`; its own days are the candidates of the floating median.
        dataset: the configured series, see `configured_dataset`.
        run_id: who runs it, for the log.
        snapshot_version: version of the forecast's copy.
        source_file: name of the source for the log; by default the one the portal gives.

    Raises:
        CellsChanged: forecast, history, geography or table differ in cells.
        SourceInvalid: a day of the forecast is corrupt.
        DatabaseUnavailable: connection lost; nothing was written.
        SchemaOutdated: tables or functions of this version are missing.
    """
    current, archive = reflect(engine, SCHEMA, _CURRENT), reflect(engine, SCHEMA, ARCHIVE)
    try:
        _check_same_cells(portal, history)
        _check_days(portal)
        with (
            scratch_history(history, flow_column(dataset), portal.dates) as kept,
            transaction(engine) as connection,
            connection.cursor() as cursor,
        ):
            rows = SeriesRows(portal, archive.fields, flow_column(Solution.FORECAST), kept, history.dates)
            return _load(
                cursor,
                portal,
                rows,
                current,
                archive,
                run_id,
                snapshot_version,
                str(source_file or portal.source),
            )
    except SaguiError as error:
        # The first error is the one to report, also when the database is gone.
        with contextlib.suppress(DatabaseUnavailable):
            import_state.record_failure(engine, _CURRENT, error, run_id=run_id)
        raise


def _check_same_cells(portal: Portal, history: Portal) -> None:
    if portal.n_cells != history.n_cells:
        raise CellsChanged(
            portal.source,
            f"has {portal.n_cells} cells, but {history.source} has {history.n_cells} cells",
            "Run the model and its forecast on the same mesh.",
        )


def _check_days(portal: Portal) -> None:
    # A forecast is one product: a hole in it would look like the end of it.
    for day, why in refused_days(portal).items():
        raise SourceInvalid(portal.source, f"{day}: {why}", "Run HYFAA's forecast step again.")


def _load(
    cursor: Cursor,
    portal: Portal,
    rows: SeriesRows,
    current: Table,
    archive: Table,
    run_id: str,
    version: str,
    source_file: str,
) -> ForecastReport:
    import_state.lock(cursor, current.name)
    check_cells(portal.source, portal.n_cells, expected_cells(cursor, current.name))
    loaded = import_state.loaded_days(cursor, current.name)
    issue = issue_day(portal)
    is_newest = bool(loaded.dates.size == 0 or loaded.dates[-1] <= np.datetime64(issue))
    create_partition(cursor, archive, issue.year)
    staging = create_staging(cursor, archive)
    with ahead(rows.blocks(portal.dates, {"issue_date": np.datetime64(issue)}), 1) as blocks:
        staged = copy_rows(cursor, staging, archive.columns, (block.data for block in blocks))
    archived = merge(cursor, archive, staging, staged=staged, scope="issue_date", loaded=[issue])
    shown = MergeCounts()
    if is_newest:
        shown = merge(cursor, current, staging, staged=staged, scope="date", loaded=None)
    record = DayRecord(issue, float(portal.time_added_jd.max()), version, staged)
    days = tuple(portal.dates.tolist())
    import_state.record_load(
        cursor,
        Load(
            current.name,
            run_id,
            source_file,
            version,
            portal.n_cells,
            (record,),
            shown if is_newest else archived,
            shown=(days[0], days[-1]),
            archived_only=not is_newest,
        ),
    )
    return ForecastReport(issue, days, is_newest, shown, archived, portal.n_cells, version)
