"""What the watchdog remembers between rounds: problems under way and messages that wait."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from sagui_pipelines.alarms.problem import Destination, Message, Occasion, Problem
from sagui_pipelines.watchdog.signs import Sign


@dataclass(frozen=True)
class Trouble:
    """A problem under way.

    Attributes:
        problem: as it was when people were told, or as it is.
        since: when it was seen first, UTC.
        told: whether people know.
        calm_since: since when it looks well again.
    """

    problem: Problem
    since: datetime
    told: bool = False
    calm_since: datetime | None = None


@dataclass(frozen=True)
class Waiting:
    """A message that waits.

    Attributes:
        message, destination: what to send, and where.
        next_attempt_at: when to try, UTC.
        attempts: how often it failed.
    """

    message: Message
    destination: Destination
    next_attempt_at: datetime
    attempts: int = 0


@dataclass
class Memory:
    """Everything that is remembered.

    Attributes:
        checked_at: end of the last round, UTC.
        troubles: problems under way by the key of what is looked at.
        waiting: messages that wait, in the order in which they were written.
    """

    checked_at: datetime | None = None
    troubles: dict[str, Trouble] = field(default_factory=dict)
    waiting: list[Waiting] = field(default_factory=list)

    def consider(self, sign: Sign, now: datetime, destinations: tuple[Destination, ...]) -> Occasion | None:
        """Take in what one look showed; a message is written when a problem lasts, and when it is over."""
        trouble = self.troubles.get(sign.key)
        if sign.problem is not None:
            return self._unwell(sign, sign.problem, trouble, now, destinations)
        if trouble is None:
            return None
        if not trouble.told:
            del self.troubles[sign.key]
            return None
        calm_since = trouble.calm_since or now
        if now - calm_since < sign.calm:
            self.troubles[sign.key] = replace(trouble, calm_since=calm_since)
            return None
        del self.troubles[sign.key]
        self._write(Occasion.CLOSED, trouble, now, destinations)
        return Occasion.CLOSED

    def _unwell(
        self,
        sign: Sign,
        problem: Problem,
        trouble: Trouble | None,
        now: datetime,
        destinations: tuple[Destination, ...],
    ) -> Occasion | None:
        if trouble is not None and trouble.told:
            self.troubles[sign.key] = replace(trouble, calm_since=None)
            return None
        trouble = Trouble(problem, trouble.since if trouble else now)
        news = now - trouble.since >= sign.patience
        self.troubles[sign.key] = replace(trouble, told=news)
        if not news:
            return None
        self._write(Occasion.OPENED, trouble, now, destinations)
        return Occasion.OPENED

    def _write(
        self, occasion: Occasion, trouble: Trouble, now: datetime, destinations: tuple[Destination, ...]
    ) -> None:
        for destination in destinations:
            message = Message(
                uid=_uid(trouble, destination, occasion),
                thread=_uid(trouble, destination, Occasion.OPENED),
                occasion=occasion,
                problem=trouble.problem,
                written_at=now,
                opened_at=trouble.since,
                closed_at=(trouble.calm_since or now) if occasion is Occasion.CLOSED else None,
            )
            self.waiting.append(Waiting(message, destination, now))


def _uid(trouble: Trouble, destination: Destination, occasion: Occasion) -> str:
    """The same for the same message, whatever was forgotten meanwhile."""
    parts = (trouble.problem.key, trouble.since.isoformat(), *asdict(destination).values(), occasion.value)
    return str(uuid5(NAMESPACE_URL, "/".join((os.uname().nodename, *parts))))
