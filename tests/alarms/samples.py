"""Problems and messages for the tests."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sagui_pipelines.alarms.problem import Message, Occasion, Problem, Severity

MORNING = datetime(2031, 5, 2, 9, 30, tzinfo=UTC)
CORRUPT = Problem(
    key="failure/SourceCorrupt/portal.nc",
    title="hyfaa/assimilated_portal failed",
    fact="SourceCorrupt: the file ends after 812 of 1,095 days",
    remedy="Produce or copy it again.",
    severity=Severity.ERROR,
    source="/data/hyfaa/portal.nc",
    link="runs/3f2a",
    runbook="a-step-is-red-in-dagster",
)


def message(problem: Problem = CORRUPT, occasion: Occasion = Occasion.OPENED, **changes: Any) -> Message:
    """A message that opened an incident, or another one of it."""
    uid = str(uuid.uuid4())
    closed = MORNING + timedelta(hours=26, minutes=5) if occasion is Occasion.CLOSED else None
    written = Message(uid, uid, occasion, problem, closed or MORNING, MORNING, closed)
    return replace(written, **changes)


def later(**length: float) -> datetime:
    """A time after the morning."""
    return MORNING + timedelta(**length)
