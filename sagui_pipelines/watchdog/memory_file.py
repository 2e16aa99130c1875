"""The memory on disk: one small file, also the outbox of the watchdog's own messages."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sagui_pipelines.alarms.problem import Destination, Message, Occasion, Problem, Severity
from sagui_pipelines.errors import WorkspaceUnwritable
from sagui_pipelines.watchdog.memory import Memory, Trouble, Waiting

_logger = logging.getLogger(__name__)


@dataclass
class MemoryFile:
    """The file of the memory; a disk that takes nothing leaves it in this process.

    Attributes:
        path: the file.
        memory: what is remembered.
    """

    path: Path
    memory: Memory = field(default_factory=Memory)

    def load(self) -> None:
        """Read what was remembered; a file that makes no sense is put aside."""
        try:
            text = self.path.read_text()
        except OSError as error:
            _logger.info("nothing remembered (%s)", error.strerror)
            return
        try:
            self.memory = _decode(json.loads(text))
        except (ValueError, KeyError, TypeError) as error:
            aside = self.path.with_suffix(".unreadable")
            self.path.rename(aside)
            _logger.warning("%s makes no sense (%s): put aside as %s", self.path, error, aside)

    def save(self) -> None:
        """Write what is remembered: the old or the new file is there at any moment.

        Raises:
            WorkspaceUnwritable: the disk takes nothing.
        """
        fresh = self.path.with_suffix(".new")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with fresh.open("w") as stream:
                json.dump(asdict(self.memory), stream, default=_encode, indent=1)
                stream.flush()
                os.fsync(stream.fileno())
            fresh.rename(self.path)
        except OSError as error:
            raise WorkspaceUnwritable(
                self.path, f"cannot be written: {error.strerror}", "Free space or correct the owner."
            ) from error

    @contextmanager
    def next_due(self, now: datetime, without: frozenset[Destination]) -> Iterator[Held | None]:
        """Hold the oldest message that is due; messages about one problem keep their order."""
        seen: set[str] = set()
        for waiting in self.memory.waiting:
            first = waiting.message.thread not in seen
            seen.add(waiting.message.thread)
            if first and waiting.next_attempt_at <= now and waiting.destination not in without:
                yield Held(self, waiting)
                return
        yield None


class Held:
    """A message that is being sent."""

    def __init__(self, file: MemoryFile, waiting: Waiting) -> None:
        self._file, self._waiting = file, waiting
        self.message, self.destination = waiting.message, waiting.destination
        self.queued_at, self.attempts = waiting.message.written_at, waiting.attempts

    def sent(self, now: datetime) -> None:  # noqa: ARG002  (the moment is of no use in this outbox)
        """Forget it: it was sent."""
        self._replace(None)

    def failed(self, now: datetime, reason: str, *, again_at: datetime | None) -> None:  # noqa: ARG002
        """Keep it for later, or forget it when there is no later."""
        self._replace(
            replace(self._waiting, attempts=self.attempts + 1, next_attempt_at=again_at) if again_at else None
        )

    def _replace(self, waiting: Waiting | None) -> None:
        queue = self._file.memory.waiting
        index = queue.index(self._waiting)
        queue[index : index + 1] = [waiting] if waiting else []
        try:
            self._file.save()
        except WorkspaceUnwritable as error:
            _logger.error("%s", error)  # noqa: TRY400  (known; the round goes on from memory)


def _encode(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be remembered")


def _decode(values: dict[str, Any]) -> Memory:
    return Memory(
        _moment(values["checked_at"]),
        {
            key: Trouble(
                _problem(item["problem"]),
                datetime.fromisoformat(item["since"]),
                item["told"],
                _moment(item["calm_since"]),
            )
            for key, item in values["troubles"].items()
        },
        [
            Waiting(
                _message(item["message"]),
                Destination(**item["destination"]),
                datetime.fromisoformat(item["next_attempt_at"]),
                item["attempts"],
            )
            for item in values["waiting"]
        ],
    )


def _message(item: dict[str, Any]) -> Message:
    return Message(
        **{
            **item,
            "occasion": Occasion(item["occasion"]),
            "problem": _problem(item["problem"]),
            "written_at": datetime.fromisoformat(item["written_at"]),
            "opened_at": datetime.fromisoformat(item["opened_at"]),
            "closed_at": _moment(item["closed_at"]),
        }
    )


def _problem(item: dict[str, Any]) -> Problem:
    return Problem(**{**item, "severity": Severity(item["severity"])})


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
