"""What people are told of: problems, and the messages that tell of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum


class Severity(IntEnum):
    """How bad a problem is; a larger number is worse."""

    WARNING = 1
    ERROR = 2


class Occasion(StrEnum):
    """Why a message is written: one for each change of an incident's state, none in between."""

    OPENED = "opened"
    WORSENED = "worsened"
    CLOSED = "closed"


@dataclass(frozen=True)
class Problem:
    """Something that people have to know.

    Attributes:
        key: names the cause, not the moment; while an incident with this key is open, nobody is told again.
        title: one line, the subject of the message.
        fact: what is wrong, with the figures.
        remedy: what to do about it.
        severity: how bad it is.
        source: the file, table or service concerned.
        link: address of more, or a path below the Dagster UI such as `runs/<id>`.
        runbook: section of the runbook, as an anchor.
        subject: which of several things suffers from this cause; the incident ends when the last of them is well.
    """

    key: str
    title: str
    fact: str
    remedy: str = ""
    severity: Severity = Severity.ERROR
    source: str = ""
    link: str = ""
    runbook: str = ""
    subject: str = ""


@dataclass(frozen=True)
class Destination:
    """Where messages go.

    Attributes:
        channel: `mail`, `webhook` or `folder`.
        address: whom to write to, for channels that reach several.
    """

    channel: str
    address: str = ""


@dataclass(frozen=True)
class Message:
    """One message about one incident, for one destination.

    Attributes:
        uid: the same each time this message is sent, so that a receiver knows it again.
        thread: uid of the message that opened the incident; its own for that message itself.
        occasion: why it is written.
        problem: what it is about.
        written_at: when it was written, UTC.
        opened_at: when the incident began.
        closed_at: when it ended; only for the message that tells so.
        occurrences: how often the problem was reported.
    """

    uid: str
    thread: str
    occasion: Occasion
    problem: Problem
    written_at: datetime
    opened_at: datetime
    closed_at: datetime | None = None
    occurrences: int = 1
