"""What was loaded, from which file version, when: the import state, in the same transaction as the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from sagui_pipelines.errors import SaguiError
from sagui_pipelines.postgis.engine import transaction
from sagui_pipelines.postgis.merge import MergeCounts, statement


@dataclass(frozen=True)
class Refusal:
    """Why a day was not loaded.

    Attributes:
        version: the content that was refused; other content is looked at again.
        fact: what is wrong with it.
    """

    version: str
    fact: str


@dataclass(frozen=True)
class LoadedDays:
    """Days of one table that were loaded, increasing.

    Attributes:
        dates: datetime64[D] (n).
        time_added_jd: when the source was computed, CNES julian days [d] as the file has them, float64 (n).
        versions: file version each day came from (n).
        row_counts: rows of each day, int64 (n).
        refused: days whose newest content was refused.
    """

    dates: NDArray[np.datetime64]
    time_added_jd: NDArray[np.float64]
    versions: tuple[str, ...]
    row_counts: NDArray[np.int64]
    refused: Mapping[date, Refusal] = field(default_factory=dict)


@dataclass(frozen=True)
class DayRecord:
    """One loaded day; attributes as in `LoadedDays`."""

    date: date
    time_added_jd: float
    version: str
    row_count: int


@dataclass(frozen=True)
class Load:
    """One finished load of one table.

    Attributes:
        tablename: table without schema.
        run_id: who ran it; empty outside the orchestrator.
        source_file, source_version: what was read.
        n_cells: cells of the source.
        days: the days loaded.
        counts: what happened to the table.
        last_updated_jd: the table's clock [CNES julian day]; None = its newest day.
        shown: first and last date of the table, where its content is this load alone (a forecast issue).
        archived_only: an older issue went to the archive; the table's state stays that of the newest one.
    """

    tablename: str
    run_id: str
    source_file: str
    source_version: str
    n_cells: int
    days: tuple[DayRecord, ...]
    counts: MergeCounts
    last_updated_jd: float | None = None
    shown: tuple[date, date] | None = None
    archived_only: bool = False


def lock(cursor: Cursor, tablename: str) -> None:
    """Wait until no other load of this table runs; held to the end of the transaction."""
    cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('sagui import ' || %s, 0))", (tablename,))


def known_cells(cursor: Cursor, tablename: str) -> int | None:
    """Number of cells of the source at the first load; None when nothing was loaded."""
    cursor.execute("SELECT n_cells FROM guyane.sagui_importstate WHERE tablename = %s", (tablename,))
    row = cursor.fetchone()
    return None if row is None else row[0]


def loaded_days(cursor: Cursor, tablename: str) -> LoadedDays:
    """Days of a table that were loaded, and those that stand refused."""
    cursor.execute(statement("loaded_days"), {"tablename": tablename})
    rows = cursor.fetchall()
    cursor.execute(statement("refused_days"), {"tablename": tablename})
    return LoadedDays(
        np.array([row[0] for row in rows], "datetime64[D]"),
        np.array([row[1] for row in rows], np.float64),
        tuple(row[2] or "" for row in rows),
        np.array([row[3] for row in rows], np.int64),
        {day: Refusal(version, fact) for day, version, fact in cursor.fetchall()},
    )


def record_refused(cursor: Cursor, tablename: str, standing: Mapping[date, Refusal]) -> None:
    """Remember which days stand refused; all other days of the table are well, or were never there."""
    parameters = {
        "tablename": tablename,
        "dates": list(standing),
        "versions": [refusal.version for refusal in standing.values()],
        "facts": [refusal.fact for refusal in standing.values()],
    }
    cursor.execute(statement("forgive_days"), parameters)
    cursor.execute(statement("refuse_days"), parameters)


def record_days(cursor: Cursor, tablename: str, days: Sequence[DayRecord]) -> None:
    """Remember the days just loaded; an unchanged day is not touched."""
    cursor.execute(
        statement("record_days"),
        {
            "tablename": tablename,
            "dates": [day.date for day in days],
            "time_added_jd": [day.time_added_jd for day in days],
            "versions": [day.version for day in days],
            "row_counts": [day.row_count for day in days],
        },
    )


def record_load(cursor: Cursor, load: Load) -> None:
    """Remember a finished load: its days, the table's state, one line of log. No watermark moves backwards."""
    record_days(cursor, load.tablename, load.days)
    dates = [day.date for day in load.days]
    first, last = load.shown or (None, None)
    parameters = {
        "tablename": load.tablename,
        "run_id": load.run_id,
        "source_file": load.source_file,
        "source_version": load.source_version,
        "n_cells": load.n_cells,
        "newest_added_jd": max((day.time_added_jd for day in load.days), default=None),
        "last_updated_jd": load.last_updated_jd,
        "shown_first": first,
        "shown_last": last,
        "shown_rows": sum(day.row_count for day in load.days) if load.shown else None,
        "first_date": min(dates, default=None),
        "last_date": max(dates, default=None),
        "staged": load.counts.staged,
        "inserted": load.counts.inserted,
        "updated": load.counts.updated,
        "unchanged": load.counts.unchanged,
        "deleted": load.counts.deleted,
    }
    if not load.archived_only:
        cursor.execute(statement("record_state"), parameters)
    cursor.execute(statement("record_log"), parameters)


def mark_due(cursor: Cursor, tablename: str, days: Sequence[date]) -> None:
    """Forget from which source some days came, so that the next look at the source finds them due."""
    cursor.execute(statement("mark_due"), {"tablename": tablename, "days": list(days)})


def clear_error(cursor: Cursor, tablename: str) -> None:
    """Nothing was due: an error of an earlier run is over."""
    cursor.execute(statement("clear_error"), {"tablename": tablename})


def record_failure(
    engine: sa.Engine, tablename: str, error: SaguiError, *, run_id: str = "", errors: int = 1
) -> None:
    """Remember that a load was refused or failed, in a transaction of its own; no watermark moves.

    Args:
        engine: where to.
        tablename: table without schema.
        error: what happened.
        run_id: who ran it.
        errors: number of refused parts.

    Raises:
        DatabaseUnavailable: it could not be remembered.
    """
    with transaction(engine) as connection, connection.cursor() as cursor:
        cursor.execute(
            statement("record_failure"),
            {
                "tablename": tablename,
                "run_id": run_id,
                "source_file": error.source,
                "error": f"{type(error).__name__}: {error}",
                "errors": errors,
            },
        )
