"""One round: look at everything, remember, tell."""

from __future__ import annotations

import fcntl
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property

import requests
import sqlalchemy as sa

from sagui_pipelines.alarms.delivery import Outbox, channels_of, deliver
from sagui_pipelines.alarms.problem import Occasion
from sagui_pipelines.alarms.series import tell_overdue
from sagui_pipelines.alarms.settings import AlarmSettings
from sagui_pipelines.alarms.stored_outbox import StoredOutbox
from sagui_pipelines.errors import DatabaseUnavailable, SchemaOutdated, WorkspaceUnwritable
from sagui_pipelines.postgis.engine import create_engine
from sagui_pipelines.watchdog import probes, signs
from sagui_pipelines.watchdog.memory_file import MemoryFile
from sagui_pipelines.watchdog.settings import WatchdogSettings
from sagui_pipelines.watchdog.signs import Sign

_PING_TIMEOUT_S = 10
# A database that hangs must not keep the watchdog from looking at the rest.
_STATEMENT_MS = 20_000
_logger = logging.getLogger(__name__)


def utc_now() -> datetime:
    """The clock of the machine."""
    return datetime.now(UTC)


@dataclass
class Watchdog:
    """Looks at one platform.

    Attributes:
        settings: what to look at.
        alarms: whom to tell.
        clock: the time, UTC.
    """

    settings: WatchdogSettings
    alarms: AlarmSettings
    clock: Callable[[], datetime] = utc_now
    _file: MemoryFile = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._file = MemoryFile(self.settings.folder / "memory.json")

    @cached_property
    def engine(self) -> sa.Engine | None:
        """The platform's database, when its address is known."""
        url = self.settings.pipelines_database_url
        if not url:
            return None
        limited = sa.make_url(url).update_query_dict({"options": f"-c statement_timeout={_STATEMENT_MS}"})
        return create_engine(limited.render_as_string(hide_password=False))

    def round(self) -> list[str]:
        """Look once.

        Returns:
            what people were told: one line per message written in this round.
        """
        with self._alone():
            self._file.load()
            now = self.clock()
            # Services first: an error of the more involved look at the data cannot keep them from being told.
            told = self._tell(self._look_at_services(now), now)
            told += self._tell(self._look_at_data(now), now)
            self._file.memory.checked_at = now
            self._remember()
        self._ping()
        return told

    def _tell(self, found: Sequence[Sign], now: datetime) -> list[str]:
        told = []
        for sign in found:
            occasion = self._file.memory.consider(sign, now, self.alarms.destinations())
            if occasion:
                told.append(f"{occasion.value}: {sign.key}")
            if occasion is Occasion.OPENED and sign.problem:
                _logger.error("%s: %s", sign.problem.title, sign.problem.fact)
        self._remember()
        self._deliver(self._file, now)
        return told

    def _look_at_services(self, now: datetime) -> list[Sign]:
        settings, language = self.settings, self.alarms.language
        beats, unwell = probes.heartbeats(settings.dagster_database_url, settings.dagster_url)
        found = []
        if settings.dagster_database_url or settings.dagster_url:
            found.append(signs.daemon_sign(beats, now, settings, language))
        if settings.dagster_url:
            found.append(signs.answer_sign("webserver", unwell, settings, language))
        if settings.edge_url:
            reason = probes.fetch(settings.edge_url.rstrip("/") + settings.tile)
            found.append(signs.answer_sign("edge", reason, settings, language))
        found += [
            signs.disk_sign(probes.disk(folder), settings, language) for folder in settings.watched_disks
        ]
        return found

    def _look_at_data(self, now: datetime) -> list[Sign]:
        """Late series go into the database's own incidents, where Dagster's sensor would put them as well."""
        settings, language = self.settings, self.alarms.language
        if self.engine is not None:
            try:
                tell_overdue(self.engine, self.alarms, now)
                self._deliver(StoredOutbox(self.engine), now)
            except (DatabaseUnavailable, SchemaOutdated) as error:
                return [signs.answer_sign("database", str(error), settings, language)]
            finally:
                self.engine.dispose()
            return [signs.answer_sign("database", None, settings, language)]
        if not settings.backend_url:
            return []
        days, reason = probes.backend_series(settings.backend_url)
        backend = signs.answer_sign("backend", reason, settings, language)
        calm = timedelta(seconds=settings.calm_s)
        return [backend, *(signs.series_signs(days, now, self.alarms, calm) if days is not None else [])]

    def _deliver(self, outbox: Outbox, now: datetime) -> None:
        deliver(outbox, channels_of(self.alarms), frozenset(self.alarms.destinations()), now)

    def _remember(self) -> None:
        try:
            self._file.save()
        except WorkspaceUnwritable as error:
            _logger.error("%s", error)  # noqa: TRY400  (known; this process remembers)

    def _ping(self) -> None:
        if self.settings.ping_url:
            try:
                requests.get(self.settings.ping_url, timeout=_PING_TIMEOUT_S)
            except requests.RequestException as error:
                _logger.warning("the ping was not heard (%s)", type(error).__name__)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Two watchdogs on one memory take turns; without a writable folder there is nothing to share."""
        try:
            self.settings.folder.mkdir(parents=True, exist_ok=True)
            lock = (self.settings.folder / "lock").open("w")
        except OSError as error:
            _logger.error("%s cannot be written (%s)", self.settings.folder, error.strerror)  # noqa: TRY400
            yield
            return
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
