"""The outbox in the database: a message is locked while it is sent, and marked in the same transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from sagui_pipelines.alarms.incidents import statement
from sagui_pipelines.alarms.problem import Destination, Message, Occasion, Problem, Severity
from sagui_pipelines.postgis.engine import transaction


@dataclass
class StoredMessage:
    """A message locked by the running transaction.

    Attributes:
        message, destination: what to send, and where.
        queued_at: when it was written, UTC.
        attempts: how often sending failed before.
        cursor: of the transaction that holds the lock.
        row: number of its row.
    """

    message: Message
    destination: Destination
    queued_at: datetime
    attempts: int
    cursor: Cursor = field(repr=False)
    row: int

    def sent(self, now: datetime) -> None:
        """Remember that it was sent."""
        self.cursor.execute(statement("message_sent"), {"id": self.row, "now": now})

    def failed(self, now: datetime, reason: str, *, again_at: datetime | None) -> None:
        """Remember that it was not sent, and when to try again; None = never."""
        self.cursor.execute(
            statement("message_failed"), {"id": self.row, "now": now, "reason": reason, "again_at": again_at}
        )


@dataclass(frozen=True)
class StoredOutbox:
    """Messages that wait in the database.

    Attributes:
        engine: with the pipelines' role.
    """

    engine: sa.Engine

    @contextmanager
    def next_due(self, now: datetime, without: frozenset[Destination]) -> Iterator[StoredMessage | None]:
        """Hold the oldest message that is due; a crash before the end of the block leaves it to be sent again.

        Raises:
            DatabaseUnavailable, SchemaOutdated: see `postgis.engine.transaction`.
        """
        tired = sorted((destination.channel, destination.address) for destination in without)
        with transaction(self.engine) as connection, connection.cursor() as cursor:
            cursor.execute(
                statement("next_message"),
                {
                    "now": now,
                    "channels": [channel for channel, _ in tired],
                    "destinations": [address for _, address in tired],
                },
            )
            yield _locked(cursor)


def _locked(cursor: Cursor) -> StoredMessage | None:
    values = cursor.fetchone()
    if values is None:
        return None
    row = dict(zip((column.name for column in cursor.description or ()), values, strict=True))
    occasion = Occasion(row["kind"])
    message = Message(
        uid=row["uid"],
        thread=row["thread"],
        occasion=occasion,
        problem=Problem(
            key=row["key"],
            title=row["title"],
            fact=row["fact"],
            remedy=row["remedy"],
            severity=Severity(row["severity"]),
            source=row["source"],
            link=row["link"],
            runbook=row["runbook"],
            # Steps are named as the assets that they make.
            subject=", ".join(row["subjects"][:1]).replace("__", "/"),
        ),
        written_at=row["queued_at"],
        opened_at=row["opened_at"],
        closed_at=row["closed_at"] if occasion is Occasion.CLOSED else None,
        occurrences=row["occurrences"],
    )
    return StoredMessage(
        message=message,
        destination=Destination(row["channel"], row["destination"]),
        queued_at=row["queued_at"],
        attempts=row["attempts"],
        cursor=cursor,
        row=row["id"],
    )
