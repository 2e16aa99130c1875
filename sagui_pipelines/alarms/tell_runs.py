"""Telling of finished runs: reads each once from Dagster's run storage, in the order in which they ended."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

import dagster as dg
import sqlalchemy as sa
from dagster import DagsterRunStatus, RunsFilter

from sagui_pipelines.alarms.incidents import keep_subjects, open_incidents, report
from sagui_pipelines.alarms.outcomes import PREFIX, Outcome, fold
from sagui_pipelines.alarms.run_events import is_retried, outcome_of
from sagui_pipelines.alarms.settings import AlarmSettings

_RUNS_AT_ONCE = 100
# Dagster marks a failed run as one that it will repeat a moment after it failed.
_SETTLED = timedelta(seconds=10)
# A first look after an installation or an upgrade.
_LOOK_BACK = timedelta(days=2)
# A run comes again whenever its tags change.
_REMEMBERED = 500


@dataclass(frozen=True)
class Cursor:
    """How far runs have been read.

    Attributes:
        after: runs whose record changed later are still to be read, ISO 8601.
        told: runs that were read for good.
        repeated: failed runs that Dagster meant to repeat; it may give up on it.
    """

    after: str
    told: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str | None, now: datetime) -> Cursor:
        """Read what `str` wrote; without it, look back a while."""
        if not text:
            return cls((now - _LOOK_BACK).isoformat())
        values = json.loads(text)
        return cls(values["after"], tuple(values["told"]), tuple(values["repeated"]))

    def __str__(self) -> str:
        return json.dumps(asdict(self))


def tell_runs(
    instance: dg.DagsterInstance,
    engine: sa.Engine,
    settings: AlarmSettings,
    cursor: str | None,
    now: datetime,
) -> tuple[str, int]:
    """Open and close incidents by the runs that ended since the last time.

    Args:
        instance: Dagster's storage.
        engine: with the pipelines' role.
        settings: whom to tell.
        cursor: what the last call returned.
        now: the time, UTC.

    Returns:
        the next cursor, and how many runs were read.

    Raises:
        DatabaseUnavailable, SchemaOutdated: nothing is lost, the same cursor reads the same runs again.
    """
    position = Cursor.parse(cursor, now)
    records = instance.get_run_records(
        RunsFilter(
            statuses=[DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE],
            updated_after=datetime.fromisoformat(position.after),
            updated_before=now - _SETTLED,
        ),
        limit=_RUNS_AT_ONCE,
        order_by="update_timestamp",
        ascending=True,
    )
    fresh = [record for record in records if record.dagster_run.run_id not in position.told]
    outcomes = []
    for record in fresh:
        outcome = outcome_of(instance, record, settings)
        # What it did was counted when it was read first.
        known = record.dagster_run.run_id in position.repeated
        outcomes.append(replace(outcome, done=()) if known else outcome)
    _tell(engine, outcomes, settings, now)
    return str(_advanced(position, records, fresh)), len(fresh)


def _tell(engine: sa.Engine, outcomes: Sequence[Outcome], settings: AlarmSettings, now: datetime) -> None:
    if not outcomes:
        return
    known = {incident.key: incident.subjects for incident in open_incidents(engine, PREFIX)}
    change = fold(known, outcomes)
    for problem in change.news:
        report(engine, problem, settings=settings, now=now)
    for key, left in change.left.items():
        keep_subjects(engine, key, lambda _present, left=left: left, now=now)  # type: ignore[misc]


def _advanced(position: Cursor, records: Sequence[dg.RunRecord], fresh: Sequence[dg.RunRecord]) -> Cursor:
    if not records:
        return position
    # A microsecond back: two runs may share one, and a page may end between them.
    after = records[-1].update_timestamp - timedelta(microseconds=1)
    told = [record.dagster_run.run_id for record in fresh if not is_retried(record.dagster_run)]
    repeated = [record.dagster_run.run_id for record in fresh if is_retried(record.dagster_run)]
    return Cursor(
        after.isoformat(),
        (*position.told, *told)[-_REMEMBERED:],
        tuple(dict.fromkeys((*position.repeated, *repeated)))[-_REMEMBERED:],
    )
