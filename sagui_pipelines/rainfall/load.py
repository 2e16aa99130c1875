"""Loading rain: from HYFAA's store of daily files into the table, good days in one transaction, bad days reported."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from sagui_pipelines.errors import (
    CellsChanged,
    DatabaseUnavailable,
    DayNotAvailable,
    SaguiError,
    SourceInvalid,
)
from sagui_pipelines.flow.cells import expected_cells
from sagui_pipelines.hydro.cnes import to_jd
from sagui_pipelines.hyfaa.rain_store import RainCatalogue, RainFile, RainStore
from sagui_pipelines.postgis import import_state
from sagui_pipelines.postgis.engine import transaction
from sagui_pipelines.postgis.import_state import DayRecord, Load, LoadedDays, Refusal
from sagui_pipelines.postgis.load import load_blocks
from sagui_pipelines.postgis.merge import MergeCounts
from sagui_pipelines.postgis.tables import Table, reflect
from sagui_pipelines.rainfall.rows import Judgement, RainRows

TABLE = "sagui_rainfall"

SCHEMA = "guyane"
_SHOWN = 5


@dataclass(frozen=True)
class RainReport:
    """What a load did.

    Attributes:
        counts: rows staged, inserted, updated, unchanged, deleted.
        days: the days written, increasing.
        refused: days whose file was refused, with the reason; their earlier rows, if any, are kept.
        vanished: loaded days that the store no longer has; their rows were kept.
        problems: what is irregular in the store's catalogue.
        n_cells: cells of the files; None when none was read.
    """

    counts: MergeCounts = field(default_factory=MergeCounts)
    days: tuple[date, ...] = ()
    refused: tuple[tuple[date, SaguiError], ...] = ()
    vanished: tuple[date, ...] = ()
    problems: tuple[str, ...] = ()
    n_cells: int | None = None


def load_rain(
    engine: sa.Engine,
    store: RainStore,
    days: NDArray[np.datetime64] | None = None,
    *,
    run_id: str = "",
    force: bool = False,
    area_km2: float | None = None,
    accepted: frozenset[date] = frozenset(),
    progress: Callable[[str], None] = lambda _: None,
) -> RainReport:
    """Bring the rain table up to date with the store.

    A day is due when the file HYFAA uses for it is not the one that was loaded, nor one that was refused before. All good
    days are written in one transaction; the corrupt ones are remembered in it, and keep their earlier rows.

    Args:
        engine: with the pipelines' role.
        store: HYFAA's on-mesh rain store.
        days: write only these, datetime64[D]; None = every day that is due. Days without a file are passed over.
        run_id: who runs it, for the log.
        force: look at wanted days also when they are not due.
        area_km2: land of all cells together [km2], where it is known.
        accepted: days that a person vouches for; their rain is not judged.
        progress: told what has been done.

    Raises:
        CellsChanged: every day was refused because the number of cells differs.
        DayNotAvailable: the store has none of the wanted days.
        DatabaseUnavailable: connection lost; nothing was written.
        SchemaOutdated: tables or functions of this version are missing.
    """
    table = reflect(engine, SCHEMA, TABLE)
    try:
        catalogue = store.catalogue()
        judgement = Judgement(datetime.now(UTC).date(), area_km2, accepted)
        with transaction(engine) as connection, connection.cursor() as cursor:
            report = _load(cursor, table, store, catalogue, days, run_id, force, judgement, progress)
    except SaguiError as error:
        # The first error is the one to report, also when the database is gone.
        with contextlib.suppress(DatabaseUnavailable):
            import_state.record_failure(engine, TABLE, error, run_id=run_id)
        raise
    if report.refused:
        refusal = _refusal(store, report)
        import_state.record_failure(engine, TABLE, refusal, run_id=run_id, errors=len(report.refused))
        if isinstance(refusal, CellsChanged):
            raise refusal
    return report


def due_files(
    catalogue: RainCatalogue,
    loaded: LoadedDays,
    days: NDArray[np.datetime64] | None = None,
    *,
    force: bool = False,
) -> tuple[RainFile, ...]:
    """Files to load, by date: new days and new revisions among the wanted days. Forecast rain is no observed rain.

    A file that was refused is not looked at again until its content changes, or a person asks for it.

    Raises:
        DayNotAvailable: the store has none of the wanted days.
    """
    wanted = tuple(file for file in catalogue.files if not file.is_forecast)
    if days is not None:
        asked = set(days.astype("datetime64[D]").tolist())
        wanted = tuple(file for file in wanted if file.date in asked)
    if not wanted:
        raise DayNotAvailable("rain store", "holds no day of those asked for", "Run HYFAA's forcing step.")
    versions = dict(zip(loaded.dates.tolist(), loaded.versions, strict=True))
    return tuple(
        file
        for file in wanted
        if force or (versions.get(file.date) != file.version and not _stands_refused(file, loaded))
    )


def _stands_refused(file: RainFile, loaded: LoadedDays) -> bool:
    return file.date in loaded.refused and loaded.refused[file.date].version == file.identity


def _load(
    cursor: Cursor,
    table: Table,
    store: RainStore,
    catalogue: RainCatalogue,
    days: NDArray[np.datetime64] | None,
    run_id: str,
    force: bool,
    judgement: Judgement,
    progress: Callable[[str], None],
) -> RainReport:
    import_state.lock(cursor, TABLE)
    loaded = import_state.loaded_days(cursor, TABLE)
    by_day = {file.date: file for file in catalogue.files if not file.is_forecast}
    rows = RainRows(store, table.fields, expected_cells(cursor, TABLE), by_day, judgement)
    files = due_files(catalogue, loaded, days, force=force)
    vanished = tuple(sorted(set(loaded.dates.tolist()) - {file.date for file in catalogue.files}))
    if not files:
        import_state.clear_error(cursor, TABLE)
        return RainReport(vanished=vanished, problems=catalogue.problems, n_cells=rows.n_cells)
    counts = load_blocks(
        cursor,
        table,
        rows.blocks(files),
        scope="date",
        days=[file.date for file in files],
        refused=rows.refused,
        progress=progress,
    )
    written = [file for file in files if file.date in rows.row_counts]
    if written and rows.n_cells is not None:
        _record(cursor, store, run_id, written, rows, counts)
    _remember_refused(cursor, loaded, by_day, rows)
    refused = tuple(sorted(rows.refused.items(), key=lambda item: item[0]))
    return RainReport(
        counts, tuple(file.date for file in written), refused, vanished, catalogue.problems, rows.n_cells
    )


def _remember_refused(
    cursor: Cursor, loaded: LoadedDays, by_day: Mapping[date, RainFile], rows: RainRows
) -> None:
    """Days refused now, and those refused earlier whose file is still the same."""
    standing = {
        day: refusal
        for day, refusal in loaded.refused.items()
        if day not in rows.row_counts and day in by_day and by_day[day].identity == refusal.version
    }
    standing |= {day: Refusal(by_day[day].identity, error.fact) for day, error in rows.refused.items()}
    import_state.record_refused(cursor, TABLE, standing)


def _record(
    cursor: Cursor,
    store: RainStore,
    run_id: str,
    written: Sequence[RainFile],
    rows: RainRows,
    counts: MergeCounts,
) -> None:
    records = tuple(
        DayRecord(file.date, _added_jd(file.date_added), file.version, rows.row_counts[file.date])
        for file in written
    )
    newest = max(written, key=lambda file: file.date_added)
    load = Load(
        TABLE,
        run_id,
        str(store.folder),
        newest.version,
        rows.n_cells or 0,
        records,
        counts,
        # The contract of this table: its clock is the time at which the newest file was added.
        last_updated_jd=_added_jd(newest.date_added),
    )
    import_state.record_load(cursor, load)


def _added_jd(added: datetime) -> float:
    return float(to_jd(np.array([added], "datetime64[us]"))[0])


def _refusal(store: RainStore, report: RainReport) -> SaguiError:
    listed = "; ".join(f"{day}: {error.source}: {error.fact}" for day, error in report.refused[:_SHOWN])
    more = len(report.refused) - _SHOWN
    fact = f"{len(report.refused)} day(s) refused, {len(report.days)} loaded: {listed}"
    if more > 0:
        fact += f"; and {more} more"
    only_cells = not report.days and all(isinstance(error, CellsChanged) for _, error in report.refused)
    kind = CellsChanged if only_cells else SourceInvalid
    return kind(store.folder, fact, report.refused[0][1].remedy)
