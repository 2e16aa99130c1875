"""What is remembered of the newest execution of each step: enough to know whether its results may be used."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sagui_pipelines.errors import SourceCorrupt
from sagui_pipelines.hyfaa.runner import Step
from sagui_pipelines.hyfaa.running.layout import Layout
from sagui_pipelines.hyfaa.workspace import unwritable


class Status(StrEnum):
    """How an execution ended, if it did."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True)
class Record:
    """One execution of a step.

    Attributes:
        step: which.
        status: how it ended; RUNNING without a runner that attends to it means that the runner was killed.
        executor: `process` or `docker`.
        began: when it began, UTC.
        ended: when it ended, UTC; None while it runs.
        log: what it printed.
        error: the error it ended with, class and sentence; empty when it did well.
    """

    step: Step
    status: Status
    executor: str
    began: datetime
    ended: datetime | None
    log: str
    error: str = ""

    def ended_well(self) -> Record:
        """The same, succeeded now."""
        return replace(self, status=Status.SUCCEEDED, ended=datetime.now(UTC))

    def ended_badly(self, error: BaseException) -> Record:
        """The same, failed now."""
        told = f"{type(error).__name__}: {error}"
        return replace(self, status=Status.FAILED, ended=datetime.now(UTC), error=told)


def read_record(layout: Layout, step: Step) -> Record | None:
    """Return the newest execution of a step, None when there was none.

    Raises:
        SourceCorrupt: the record cannot be read.
    """
    path = layout.record(step)
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        ended = content["ended"]
        return Record(
            step=Step(content["step"]),
            status=Status(content["status"]),
            executor=content["executor"],
            began=datetime.fromisoformat(content["began"]),
            ended=None if ended is None else datetime.fromisoformat(ended),
            log=content["log"],
            error=content["error"],
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        fact = f"cannot be read as the record of a step: {error}"
        raise SourceCorrupt(path, fact, "Delete it; run the step's processing again.") from error


def write_record(layout: Layout, record: Record) -> None:
    """Keep an execution; the file appears whole.

    Raises:
        WorkspaceUnwritable: it cannot be written.
    """
    path = layout.record(record.step)
    content = asdict(record)
    content["began"] = record.began.isoformat()
    content["ended"] = record.ended and record.ended.isoformat()
    partial = path.with_suffix(".partial")
    try:
        with partial.open("w", encoding="utf-8") as file:
            json.dump(content, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise unwritable(path, error) from error
