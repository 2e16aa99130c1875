"""Loading a series: from a verified copy of a portal file into its table, in one transaction."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from sagui_pipelines.errors import DatabaseUnavailable, SaguiError
from sagui_pipelines.flow.cells import check_cells, expected_cells
from sagui_pipelines.flow.due import check_not_shrunk, due_days, vanished_days
from sagui_pipelines.flow.rows import SeriesRows
from sagui_pipelines.flow.scratch import scratch_history
from sagui_pipelines.flow.series import SCHEMA, flow_column, table_name
from sagui_pipelines.hyfaa.portal import Portal
from sagui_pipelines.hyfaa.quality import refused_days
from sagui_pipelines.hyfaa.solutions import Solution
from sagui_pipelines.postgis import import_state
from sagui_pipelines.postgis.engine import transaction
from sagui_pipelines.postgis.import_state import DayRecord, Load, Refusal
from sagui_pipelines.postgis.load import load_blocks
from sagui_pipelines.postgis.merge import MergeCounts
from sagui_pipelines.postgis.tables import Table, reflect


@dataclass(frozen=True)
class LoadReport:
    """What a load did.

    Attributes:
        table: the table, without schema.
        counts: rows staged, inserted, updated, unchanged, deleted.
        days: the days written, increasing; empty when nothing was due.
        vanished: loaded days that the file lost inside its own range; their rows were kept.
        refused: days of the file that are corrupt, with the reason; their earlier rows, if any, were kept.
        blotted: values of a cell and day left out because they contradict one another.
        n_cells: cells of the file.
        source_version: version of the file.
    """

    table: str
    counts: MergeCounts = field(default_factory=MergeCounts)
    days: tuple[date, ...] = ()
    vanished: tuple[date, ...] = ()
    refused: Mapping[date, str] = field(default_factory=dict)
    blotted: int = 0
    n_cells: int = 0
    source_version: str = ""


def load_series(
    engine: sa.Engine,
    portal: Portal,
    solution: Solution,
    days: NDArray[np.datetime64] | None = None,
    *,
    run_id: str = "",
    snapshot_version: str = "",
    source_file: str | Path | None = None,
    force: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> LoadReport:
    """Bring the table of a series up to date with a portal file.

    Only days that HYFAA computed again are written, with the loaded days whose floating median rests on them.
    Corrupt days are left out and remembered. Everything happens in one transaction: at any moment the table is as
    before or as after.

    Args:
        engine: with the pipelines' role.
        portal: open copy of the file; its memory use bounds the load's.
        solution: mgbstandard or assimilated; a forecast has `load_forecast`.
        days: write only these, datetime64[D]; None = every day that is due. Days outside the file are passed over.
        run_id: who runs it, for the log.
        snapshot_version: version of the copy.
        source_file: name of the source for the log; by default the one the portal gives.
        force: write wanted days also when they are not due.
        progress: told what has been done.

    Raises:
        CellsChanged: the file's cells are not those of the geography or of the table.
        SourceShrunk: the file ends before what was loaded.
        DayNotAvailable: the file has none of the wanted days.
        SourceInvalid: more than half of the file's days are corrupt; only where nobody judged the file before.
        DatabaseUnavailable: connection lost; nothing was written.
        SchemaOutdated: tables or functions of this version are missing.
    """
    table = reflect(engine, SCHEMA, table_name(solution))
    load = _SeriesLoad(table, portal, solution, snapshot_version, str(source_file or portal.source), run_id)
    try:
        refused_days(portal)
        with transaction(engine) as connection, connection.cursor() as cursor:
            return load.run(cursor, days, force=force, progress=progress)
    except SaguiError as error:
        # The first error is the one to report, also when the database is gone.
        with contextlib.suppress(DatabaseUnavailable):
            import_state.record_failure(engine, table.name, error, run_id=run_id)
        raise


@dataclass(frozen=True)
class _SeriesLoad:
    table: Table
    portal: Portal
    solution: Solution
    version: str
    source_file: str
    run_id: str

    def run(
        self,
        cursor: Cursor,
        days: NDArray[np.datetime64] | None,
        *,
        force: bool,
        progress: Callable[[str], None],
    ) -> LoadReport:
        name, portal = self.table.name, self.portal
        refused = refused_days(portal)
        import_state.lock(cursor, name)
        check_cells(portal.source, portal.n_cells, expected_cells(cursor, name))
        loaded = import_state.loaded_days(cursor, name)
        check_not_shrunk(portal, loaded)
        due = due_days(portal, loaded, days, force=force)
        vanished = tuple(vanished_days(portal, loaded).tolist())
        import_state.record_refused(cursor, name, self._standing(refused))
        if due.size == 0:
            import_state.clear_error(cursor, name)
            return LoadReport(
                name, vanished=vanished, refused=refused, n_cells=portal.n_cells, source_version=self.version
            )
        counts, records, blotted = self._write(cursor, due, progress)
        import_state.record_load(
            cursor,
            Load(name, self.run_id, self.source_file, self.version, portal.n_cells, records, counts),
        )
        return LoadReport(
            name, counts, tuple(due.tolist()), vanished, refused, blotted, portal.n_cells, self.version
        )

    def _standing(self, refused: Mapping[date, str]) -> dict[date, Refusal]:
        """Refused days by what tells their content from any other: when HYFAA computed it."""
        row = {day: index for index, day in enumerate(self.portal.dates.tolist())}
        return {
            day: Refusal(repr(float(self.portal.time_added_jd[row[day]])), why)
            for day, why in refused.items()
        }

    def _write(
        self, cursor: Cursor, due: NDArray[np.datetime64], progress: Callable[[str], None]
    ) -> tuple[MergeCounts, tuple[DayRecord, ...], int]:
        portal, flow = self.portal, flow_column(self.solution)
        with scratch_history(portal, flow, due) as history:
            rows = SeriesRows(portal, self.table.fields, flow, history, portal.dates)
            counts = load_blocks(
                cursor, self.table, rows.blocks(due), scope="date", days=due.tolist(), progress=progress
            )
        records = tuple(
            DayRecord(
                portal.dates[i].item(), float(portal.time_added_jd[i]), self.version, int(rows.row_counts[i])
            )
            for i in np.searchsorted(portal.dates, due)
        )
        return counts, records, rows.blotted
