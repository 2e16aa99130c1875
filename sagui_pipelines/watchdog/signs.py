"""Signs of life, judged: which of them are problems. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sagui_pipelines.alarms.freshness import overdue
from sagui_pipelines.alarms.problem import Problem
from sagui_pipelines.alarms.series import problem_of
from sagui_pipelines.alarms.settings import AlarmSettings, Language
from sagui_pipelines.alarms.texts import say
from sagui_pipelines.watchdog.settings import WatchdogSettings

RUNBOOK = "the-watchdog-told-you"
# Threads of the daemon without which nothing is started, repeated or told.
DAEMONS = ("SCHEDULER", "SENSOR", "QUEUED_RUN_COORDINATOR")
_DISK_CALM = timedelta(hours=1)


@dataclass(frozen=True)
class Sign:
    """What one look at one thing showed.

    Attributes:
        key: names the thing.
        problem: what is wrong with it; None when it is well.
        patience: how long this may last before people are told.
        calm: how long it must be well before the all-clear.
    """

    key: str
    problem: Problem | None
    patience: timedelta
    calm: timedelta


@dataclass(frozen=True)
class Heartbeats:
    """Heartbeats of Dagster's daemon, from wherever they could be read.

    Attributes:
        newest: newest heartbeat of each thread, UTC; None when no source answered.
        reasons: why a source did not answer.
    """

    newest: Mapping[str, datetime] | None
    reasons: Sequence[str] = ()


@dataclass(frozen=True)
class Disk:
    """Room on one disk.

    Attributes:
        folder: a folder on it.
        free, total: bytes.
    """

    folder: Path
    free: int
    total: int

    @property
    def free_percent(self) -> float:
        """Free share [%]."""
        return 100 * self.free / self.total if self.total else 0.0


def daemon_sign(beats: Heartbeats, now: datetime, settings: WatchdogSettings, language: Language) -> Sign:
    """Whether the daemon lives; not being able to know is a problem as well."""
    silence = timedelta(seconds=settings.silence_s)
    patience = timedelta(0)
    fact = ""
    if beats.newest is None:
        fact = say(language, "daemon_unknown_fact", reasons="; ".join(beats.reasons))
        patience = timedelta(seconds=settings.patience_s)
    else:
        unheard = [name for name in DAEMONS if name not in beats.newest]
        silent = [name for name in DAEMONS if name in beats.newest and now - beats.newest[name] > silence]
        if unheard or silent:
            oldest = min((beats.newest[name] for name in silent), default=now - silence)
            minutes = int((now - oldest).total_seconds()) // 60
            fact = say(language, "daemon_silent_fact", minutes=minutes, daemons=", ".join(silent + unheard))
            # A daemon that was never heard may be about to start.
            patience = timedelta(0) if silent else silence
    problem = _problem("daemon", "daemon_silent", fact, "daemon_remedy", language)
    return Sign("daemon", problem, patience, timedelta(seconds=settings.calm_s))


def answer_sign(name: str, reason: str | None, settings: WatchdogSettings, language: Language) -> Sign:
    """Whether a service answers: `webserver`, `database`, `edge` or `backend`; the reason says why not."""
    problem = _problem(name, f"{name}_down", reason or "", f"{name}_remedy", language)
    return Sign(name, problem, timedelta(seconds=settings.patience_s), timedelta(seconds=settings.calm_s))


def disk_sign(disk: Disk, settings: WatchdogSettings, language: Language) -> Sign:
    """Whether a disk has room."""
    key = f"disk{disk.folder}"
    fact = ""
    if disk.free_percent < settings.disk_free_percent:
        fact = say(
            language,
            "disk_full_fact",
            folder=disk.folder,
            free_gb=f"{disk.free / 1e9:.1f}",
            free_percent=f"{disk.free_percent:.1f}",
            limit=f"{settings.disk_free_percent:g}",
        )
    return Sign(key, _problem(key, "disk_full", fact, "disk_remedy", language), timedelta(0), _DISK_CALM)


def series_signs(
    newest: Mapping[str, date], now: datetime, settings: AlarmSettings, calm: timedelta
) -> list[Sign]:
    """Whether yesterday's data are there, one sign per series that was ever loaded."""
    late = overdue(newest, now, deadline_hour=settings.deadline_hour, tolerated=settings.missed_slots - 1)
    waiting = {table for lateness in late.values() for table in lateness.also}
    return [
        Sign(table, problem_of(late[table], settings) if table in late else None, timedelta(0), calm)
        for table in newest
        if table not in waiting
    ]


def moment(seconds: float) -> datetime:
    """A time given as seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


def _problem(name: str, title: str, fact: str, remedy: str, language: Language) -> Problem | None:
    if not fact:
        return None
    return Problem(
        key=f"watchdog/{name}",
        title=say(language, title),
        fact=fact,
        remedy=say(language, remedy),
        runbook=RUNBOOK,
    )
