"""Incidents in the database: opened once, counted while they last, closed once.

Every change of state and the messages that tell of it are written in one transaction; sending is another matter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files

import sqlalchemy as sa
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from sagui_pipelines.alarms.problem import Destination, Occasion, Problem, Severity
from sagui_pipelines.alarms.settings import AlarmSettings, load_alarm_settings
from sagui_pipelines.postgis.engine import transaction

Subjects = Sequence[str]


@dataclass(frozen=True)
class OpenIncident:
    """An incident that lasts.

    Attributes:
        key, severity, title, fact: as reported.
        subjects: what suffers from it and is not well yet.
        opened_at: when it began, UTC.
        occurrences: how often it was reported.
    """

    key: str
    severity: Severity
    title: str
    fact: str
    subjects: tuple[str, ...]
    opened_at: datetime
    occurrences: int


@cache
def statement(name: str) -> str:
    """Text of one of this package's SQL files."""
    return files("sagui_pipelines.alarms").joinpath(f"sql/{name}.sql").read_text()


def report(
    engine: sa.Engine,
    problem: Problem,
    *,
    settings: AlarmSettings | None = None,
    now: datetime | None = None,
) -> Occasion | None:
    """Record a problem; people are told when it is new or has become worse.

    Args:
        engine: with the pipelines' role.
        problem: what is wrong.
        settings: whom to tell; by default those of the environment.
        now: the time, by default the clock's.

    Returns:
        What people are told, or None when they know already.

    Raises:
        DatabaseUnavailable, SchemaOutdated: it could not be recorded.
        SettingsInvalid: the settings of the environment make no sense.
    """
    settings = settings or load_alarm_settings()
    values = {**vars(problem), "severity": int(problem.severity), "now": now or datetime.now(UTC)}
    with transaction(engine) as connection, connection.cursor() as cursor:
        cursor.execute(statement("lock_key"), values)
        cursor.execute(statement("open_incident"), values)
        row = cursor.fetchone()
        if row is None:
            cursor.execute(statement("insert_incident"), values)
            row = cursor.fetchone()
            known = None
        else:
            known = Severity(row[1])
            cursor.execute(statement("count_incident"), {**values, "id": row[0]})
        occasion = _occasion(known, problem.severity, settings.minimum_severity)
        if row and occasion:
            _queue(cursor, row[0], occasion, settings.destinations(), values["now"])
    return occasion


def all_clear(
    engine: sa.Engine, key: str, subject: str | None = None, *, now: datetime | None = None
) -> bool:
    """Record that a problem is over, wholly or for one subject; people who were told are told.

    Returns:
        Whether the incident ended; False when there is none, or something else still suffers from it.

    Raises:
        DatabaseUnavailable, SchemaOutdated: it could not be recorded.
    """
    return keep_subjects(engine, key, lambda subjects: _without(subjects, subject), now=now)


def keep_subjects(
    engine: sa.Engine, key: str, remaining: Callable[[Subjects], Subjects], *, now: datetime | None = None
) -> bool:
    """Replace what still suffers from a problem; when nothing does, the incident ends.

    Args:
        engine: with the pipelines' role.
        key: key of the incident.
        remaining: given the present subjects, those that are not well yet.
        now: the time, by default the clock's.

    Returns:
        Whether the incident ended.
    """
    values = {"key": key, "now": now or datetime.now(UTC)}
    with transaction(engine) as connection, connection.cursor() as cursor:
        cursor.execute(statement("lock_key"), values)
        cursor.execute(statement("open_incident"), values)
        row = cursor.fetchone()
        if row is None:
            return False
        left = remaining(tuple(row[2]))
        if left:
            cursor.execute(statement("set_subjects"), {"id": row[0], "subjects": list(left)})
            return False
        cursor.execute(statement("close_incident"), {**values, "id": row[0]})
        cursor.execute(statement("queue_all_clear"), {**values, "id": row[0]})
        return True


def open_incidents(engine: sa.Engine, prefix: str = "") -> list[OpenIncident]:
    """Incidents that last, oldest first.

    Args:
        engine: with a role that may read them.
        prefix: only those whose key begins with it.

    Raises:
        DatabaseUnavailable, SchemaOutdated: see `postgis.engine.transaction`.
    """
    with transaction(engine) as connection, connection.cursor() as cursor:
        cursor.execute(statement("open_incidents"), {"prefix": prefix})
        return [
            OpenIncident(key, Severity(severity), title, fact, tuple(subjects), opened_at, occurrences)
            for key, severity, title, fact, subjects, opened_at, occurrences in cursor.fetchall()
        ]


def _without(subjects: Subjects, subject: str | None) -> Subjects:
    return () if subject is None else [other for other in subjects if other != subject]


def _occasion(known: Severity | None, severity: Severity, minimum: Severity) -> Occasion | None:
    if severity < minimum or (known is not None and severity <= known):
        return None
    return Occasion.OPENED if known is None or known < minimum else Occasion.WORSENED


def _queue(
    cursor: Cursor, incident: int, occasion: Occasion, destinations: Sequence[Destination], now: datetime
) -> None:
    cursor.execute(
        statement("queue_messages"),
        {
            "id": incident,
            "kind": occasion.value,
            "channels": [destination.channel for destination in destinations],
            "destinations": [destination.address for destination in destinations],
            "now": now,
        },
    )
