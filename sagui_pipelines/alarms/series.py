"""Telling of overdue series, from what the database holds."""

from __future__ import annotations

from datetime import UTC, date, datetime

import sqlalchemy as sa

from sagui_pipelines.alarms.freshness import MADE_FROM, Lateness, overdue
from sagui_pipelines.alarms.incidents import all_clear, open_incidents, report, statement
from sagui_pipelines.alarms.problem import Problem
from sagui_pipelines.alarms.settings import AlarmSettings
from sagui_pipelines.alarms.texts import name_of, say
from sagui_pipelines.postgis.engine import transaction

_KEY = "freshness/"
RUNBOOK = "data-are-late"


def newest_days(engine: sa.Engine) -> dict[str, date]:
    """Newest day that holds data, of each series that was ever loaded.

    Raises:
        DatabaseUnavailable, SchemaOutdated: see `postgis.engine.transaction`.
    """
    with transaction(engine) as connection, connection.cursor() as cursor:
        cursor.execute(statement("newest_days"))
        return {table: day for table, day in cursor.fetchall() if table in MADE_FROM}


def tell_overdue(engine: sa.Engine, settings: AlarmSettings, now: datetime | None = None) -> list[str]:
    """Open an incident for each series that became late, close those of series that caught up.

    Returns:
        tables that are late for a reason of their own.

    Raises:
        DatabaseUnavailable, SchemaOutdated: nothing could be read or recorded.
    """
    now = now or datetime.now(UTC)
    late = overdue(
        newest_days(engine),
        now,
        deadline_hour=settings.deadline_hour,
        tolerated=settings.missed_slots - 1,
    )
    known = {incident.key for incident in open_incidents(engine, _KEY)}
    for table, lateness in late.items():
        if _KEY + table not in known:
            report(engine, problem_of(lateness, settings), settings=settings, now=now)
    waiting = {table for lateness in late.values() for table in lateness.also}
    for key in sorted(known - {_KEY + table for table in {*late, *waiting}}):
        all_clear(engine, key, now=now)
    return list(late)


def problem_of(lateness: Lateness, settings: AlarmSettings) -> Problem:
    """The problem that a late series is, in the operators' language."""
    language = settings.language
    fact = say(
        language,
        "series_overdue_fact",
        newest=lateness.newest,
        expected=lateness.expected,
        due=f"{lateness.due_since:%Y-%m-%d %H:%M} UTC",
        missed=lateness.missed,
    )
    if lateness.also:
        others = ", ".join(name_of(language, table) for table in lateness.also)
        fact = f"{fact}\n{say(language, 'also_late', others=others)}"
    return Problem(
        key=_KEY + lateness.table,
        title=say(language, "series_overdue", series=name_of(language, lateness.table)),
        fact=fact,
        remedy=say(language, "series_remedy"),
        source=f"guyane.{lateness.table}",
        link=f"assets/guyane/{lateness.table}",
        runbook=RUNBOOK,
    )
