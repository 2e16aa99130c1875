"""The platform on stage: the native stack whose services live by the clock of the play."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import psycopg2
import requests

from tools.native import health, tiles
from tools.native.console import say
from tools.native.layout import ROOT
from tools.native.services import Service
from tools.native.stack import Stack
from tools.play.clock import Clock

LAYER = "guyane.hyfaa_data_aggregated_geo"
SERIES = ("sagui_rainfall", "hyfaa_data_mgbstandard", "hyfaa_data_assimilated", "hyfaa_data_forecast")
# Nobody reads the wall clock in them that matters here.
_OUTSIDE = {"varnish", "nginx", "tileserv"}
_UNDER_WAY = "{ runsOrError(filter: {statuses: [QUEUED, NOT_STARTED, STARTING, STARTED, CANCELING]}) { ... on Runs { results { jobName } } } }"
# A run that has just been started must not seem to have been starting for minutes.
_STRIDE = timedelta(seconds=60)
_DOSE_S = 0.5
_QUIET_S = 7.0


class PlayedStack(Stack):
    """The stack with another wall clock; the watchdog comes and goes as cron would call it."""

    clock: Clock

    @cached_property
    def services(self) -> Sequence[Service]:
        """All services but the watchdog."""
        return tuple(
            service
            if service.name in _OUTSIDE
            else replace(
                service,
                program=replace(
                    service.program, environment={**service.program.environment, **self.clock.variables}
                ),
            )
            for service in super().services
            if service.name != "watchdog"
        )


@dataclass(frozen=True)
class Shown:
    """What readers can have at a moment.

    Attributes:
        series: newest loaded day by table.
        map_day: newest day of the published flow map.
    """

    series: dict[str, date]
    map_day: date | None


class Stage:
    """The running platform and the hands that play with it.

    Args:
        stack: started.
        clock: its wall clock.
    """

    def __init__(self, stack: PlayedStack, clock: Clock) -> None:
        self.stack = stack
        self.clock = clock
        self.history: list[tuple[datetime, Shown]] = []

    @property
    def failures(self) -> Path:
        """Folder of the wishes that steps of the model fail."""
        folder = self.stack.layout.state_dir / "simulation" / "failures"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def look(self) -> Shown | None:
        """What is published now, noted when it changed; None while the database does not answer."""
        try:
            shown = self._shown()
        except psycopg2.OperationalError:
            return None
        if not self.history or self.history[-1][1] != shown:
            self.history.append((self.clock.now(), shown))
        return shown

    def wait(self, what: str, reached: Callable[[Shown], bool], *, real_s: float = 900) -> None:
        """Let time pass as it does until something is reached; a strange night is said, not hidden."""
        deadline = time.monotonic() + real_s
        while True:
            shown = self.look()
            if shown and reached(shown):
                return
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what}: not after {real_s:.0f} s; last seen {shown}")
            time.sleep(_DOSE_S)

    def settle(self) -> None:
        """Wait until no run is under way and none follows."""
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < _QUIET_S:
            self.look()
            if self.under_way() != []:
                quiet_since = time.monotonic()
            time.sleep(_DOSE_S)

    def leap(self, moment: datetime) -> None:
        """Set the clock forward while nothing happens."""
        self.settle()
        self.say(f"... {moment:%d %B %H:%M}")
        self.clock.set(moment)

    def stride(self, moment: datetime, until: Callable[[], bool] = lambda: False) -> bool:
        """Let time pass quickly, but never beside a run that is under way.

        Returns:
            whether `until` came true before the moment.
        """
        while self.clock.now() < moment:
            if until():
                return True
            if self.under_way() == []:
                self.clock.set(min(self.clock.now() + _STRIDE, moment))
            time.sleep(_DOSE_S)
            self.look()
        return until()

    def breathe(self) -> None:
        """Wait until the daemon has noticed that time went on."""
        check = health.daemons(
            self.stack.layout.url("dagster", "127.0.0.1"), self.clock.now().timestamp() - 60
        )
        problem = health.wait(check, lambda: self.stack.supervisor.ended("daemon"), 120)
        if problem:
            raise TimeoutError(f"the daemon does not breathe: {problem}")

    def under_way(self) -> list[str] | None:
        """Jobs of the runs that have not ended; None when the webserver does not know."""
        try:
            answer = requests.post(
                f"{self.stack.layout.url('dagster', '127.0.0.1')}/graphql",
                json={"query": _UNDER_WAY},
                timeout=30,
            )
            return [run["jobName"] for run in answer.json()["data"]["runsOrError"]["results"]]
        except (requests.RequestException, ValueError, KeyError, TypeError):
            return None

    def restart(self, name: str) -> None:
        """Stop a service and start it again."""
        self.stop(name)
        self.start(name)

    def stop(self, name: str) -> None:
        """Stop a service."""
        self.stack.supervisor.rpc.stopProcess(name, True)

    def start(self, name: str) -> None:
        """Start a service and wait until it is up."""
        service = next(service for service in self.stack.services if service.name == name)
        self.stack.supervisor.start(name)
        problem = health.wait(
            service.check(0.0), lambda: self.stack.supervisor.ended(name), service.timeout_s
        )
        if problem:
            raise TimeoutError(f"{name}: {problem}")

    def watch(self) -> str:
        """One look of the watchdog, as cron would have it; what it says."""
        done = subprocess.run(
            [sys.executable, "-m", "sagui_pipelines.watchdog", "--once"],
            env={**self.stack.watchdog_environment, **self.clock.variables, "PATH": "/usr/bin:/bin"},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout + done.stderr

    def newest_day_on_the_map(self) -> date:
        """Newest day in a tile as readers get it, through the cache."""
        bounds = tiles.layer_bounds(self.stack.cluster.url("owner"), *LAYER.split("."))
        assert bounds is not None  # noqa: S101
        z, x, y = tiles.covering_tile(bounds)
        answer = requests.get(f"{self.stack.layout.url('edge')}/tiles/{LAYER}/{z}/{x}/{y}.pbf", timeout=60)
        features = mapbox_vector_tile.decode(answer.content)[LAYER]["features"]
        return max(_first_date(feature["properties"]["values"]) for feature in features)

    def say(self, text: str) -> None:
        """One line with the hour of the play."""
        say(f"{self.clock.now():%a %d %b %H:%M} UTC  {text}")

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows, read by the owner."""
        connection = psycopg2.connect(self.stack.cluster.url("owner"), connect_timeout=5)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall()
        finally:
            connection.close()

    def _shown(self) -> Shown:
        series = dict(
            self.query(
                "SELECT tablename, max(date) FROM guyane.sagui_importday WHERE row_count > 0 GROUP BY 1"
            )
        )
        [(day,)] = self.query(
            f"SELECT max(last_date) FROM guyane.sagui_publication WHERE layer = '{LAYER.partition('.')[2]}'"  # noqa: S608
        )
        return Shown(series, day)


def _first_date(values: str) -> date:
    """Newest date of a feature: its values stand newest first."""
    return date.fromisoformat(values.partition('"date"')[2].split('"')[1])
