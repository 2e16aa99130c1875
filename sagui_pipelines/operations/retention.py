"""Dagster's own storage, trimmed: nothing in Dagster removes events, runs or check results by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files

import dagster as dg
import sqlalchemy as sa
from dagster_postgres.event_log import PostgresEventLogStorage

from sagui_pipelines.errors import SettingsInvalid

# Small transactions: the daemon and runs write to the same tables.
_BATCH = 20_000
_REPLACED_RESULTS_KEPT = timedelta(days=7)


@dataclass(frozen=True)
class Removed:
    """What was removed, in rows."""

    events: int
    check_results: int
    runs: int


@dataclass(frozen=True)
class StorageState:
    """What Dagster's database holds.

    Attributes:
        megabytes: size of the database on disk.
        events, runs, check_results, ticks: rows.
        overdue_events: rows that should have been removed.
    """

    megabytes: float
    events: int
    runs: int
    check_results: int
    ticks: int
    overdue_events: int


def trim(instance: dg.DagsterInstance, oldest: datetime, now: datetime) -> Removed:
    """Remove what is older than a moment and no longer needed.

    The newest materialization and observation of every asset and partition stay, and the newest result of every
    check: they are Dagster's knowledge of the present. Runs under way are left alone.

    Args:
        instance: its storage must be PostgreSQL.
        oldest: everything from then on is kept, UTC.
        now: the present moment, UTC.
    """
    moment = oldest.replace(tzinfo=None)
    events = 0
    while deleted := _execute(instance, "delete_events", oldest=moment, batch=_BATCH):
        events += deleted
    _execute(instance, "delete_event_tags", oldest=moment)
    check_results = _execute(
        instance,
        "delete_check_results",
        oldest=moment,
        newest_replaced=max(moment, now.replace(tzinfo=None) - _REPLACED_RESULTS_KEPT),
    )
    _execute(instance, "delete_backfills", oldest=moment)
    # Not DagsterInstance.delete_run: that would take the events which are to stay.
    runs = _execute(instance, "delete_runs", oldest=moment)
    return Removed(events, check_results, runs)


def storage_state(instance: dg.DagsterInstance, oldest: datetime) -> StorageState:
    """Measure Dagster's database.

    Args:
        instance: its storage must be PostgreSQL.
        oldest: events before this moment should be gone, UTC.
    """
    with _storage(instance).index_connection() as connection:
        row = connection.execute(_statement("storage_state"), {"oldest": oldest.replace(tzinfo=None)}).one()
    return StorageState(
        round(row.bytes / 2**20, 1), row.events, row.runs, row.check_results, row.ticks, row.overdue_events
    )


def _execute(instance: dg.DagsterInstance, name: str, **parameters: object) -> int:
    with _storage(instance).index_connection() as connection:
        return int(connection.execute(_statement(name), parameters).rowcount)


def _statement(name: str) -> sa.TextClause:
    return sa.text(files("sagui_pipelines.operations").joinpath(f"sql/{name}.sql").read_text())


def _storage(instance: dg.DagsterInstance) -> PostgresEventLogStorage:
    storage = instance.event_log_storage
    if not isinstance(storage, PostgresEventLogStorage):
        raise SettingsInvalid(
            "DAGSTER_HOME/dagster.yaml",
            f"keeps events in {type(storage).__name__}, and only PostgreSQL can be trimmed",
            "Configure `storage: postgres`, as compose/dagster/dagster.yaml does.",
        )
    return storage
