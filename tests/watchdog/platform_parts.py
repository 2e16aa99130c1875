"""A little platform for the watchdog to look at: Dagster's real storage and webserver, an edge, a mail server, a clock."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests
from dagster import DagsterInstance
from dagster._daemon.types import DaemonHeartbeat

from sagui_pipelines.alarms.settings import AlarmSettings
from sagui_pipelines.watchdog.rounds import Watchdog
from sagui_pipelines.watchdog.settings import WatchdogSettings
from tests.alarms.receivers import Inbox
from tests.alarms.samples import MORNING
from tests.conftest import Database, free_port
from tools.native import health

THREADS = ("SCHEDULER", "SENSOR", "QUEUED_RUN_COORDINATOR", "MONITORING")


@dataclass
class Clock:
    """A clock that is set by hand."""

    now: datetime = MORNING

    def __call__(self) -> datetime:
        """The time."""
        return self.now

    def advance(self, **length: float) -> None:
        """Let time pass."""
        self.now += timedelta(**length)


@dataclass
class Edge:
    """A server that answers every request with one status.

    Attributes:
        url: its address.
        status: what it answers.
        paths: what was asked of it.
    """

    url: str
    status: int = 200
    paths: list[str] = field(default_factory=list)


@contextmanager
def edge_server() -> Iterator[Edge]:
    """A running edge."""
    port = free_port()
    edge = Edge(f"http://127.0.0.1:{port}")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            edge.paths.append(self.path)
            self.send_response(edge.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield edge
    finally:
        server.shutdown()
        server.server_close()


@dataclass(frozen=True)
class DagsterParts:
    """Dagster's storage in PostgreSQL and the webserver before it.

    Attributes:
        instance: Dagster's instance.
        database_url: address of its database.
        webserver: address of its webserver.
    """

    instance: DagsterInstance
    database_url: str
    webserver: str

    def beat(self, moment: datetime, *threads: str) -> None:
        """Heartbeats of the daemon's threads; of all of them when none is named."""
        for thread in threads or THREADS:
            self.instance.add_daemon_heartbeat(DaemonHeartbeat(moment.timestamp(), thread, "daemon-1", []))

    def forget(self) -> None:
        """As if no daemon had ever run."""
        self.instance.wipe_daemon_heartbeats()


@contextmanager
def dagster_parts(folder: Path, database_url: str) -> Iterator[DagsterParts]:
    """A running webserver on storage in PostgreSQL."""
    url = database_url.replace("://", "+psycopg2://", 1)
    (folder / "dagster.yaml").write_text(
        f"storage: {{postgres: {{postgres_url: '{url}'}}}}\ntelemetry: {{enabled: false}}\n"
    )
    port = free_port()
    with DagsterInstance.from_config(str(folder)) as instance:
        server = subprocess.Popen(
            [
                sys.executable, "-m", "dagster_webserver", "--host", "127.0.0.1", "--port", str(port),
                "--empty-workspace",
            ],
            env=os.environ | {"DAGSTER_HOME": str(folder)},
            stdout=(folder / "webserver.log").open("wb"),
            stderr=subprocess.STDOUT,
        )  # fmt: skip
        webserver = f"http://127.0.0.1:{port}"
        problem = health.wait(health.http(f"{webserver}/server_info"), lambda: None, 120)
        assert problem is None, (folder / "webserver.log").read_text()
        try:
            yield DagsterParts(instance, database_url, webserver)
        finally:
            server.terminate()
            server.wait(timeout=30)


@dataclass
class Platform:
    """What the watchdog looks at, and what people receive.

    Attributes:
        dagster, edge, database: its parts.
        inbox: mails received.
        alarms: whom to tell.
        settings: what to look at.
        clock: the time.
    """

    dagster: DagsterParts
    edge: Edge
    database: Database
    inbox: Inbox
    alarms: AlarmSettings
    settings: WatchdogSettings
    clock: Clock = field(default_factory=Clock)

    def change(self, **settings: Any) -> None:
        """Look at something else."""
        self.settings = self.settings.model_copy(update=settings)

    def round(self) -> list[str]:
        """One round of a watchdog that was started anew."""
        return Watchdog(self.settings, self.alarms, self.clock).round()

    def rounds(self, minutes: int) -> list[str]:
        """A round each minute; what was told in all of them."""
        told = []
        for _ in range(minutes):
            self.clock.advance(minutes=1)
            told += self.round()
        return told

    def load(self, table: str, *, days_ago: int) -> None:
        """A day of a series as loaded."""
        self.database.query(
            "INSERT INTO guyane.sagui_importday (tablename, date, row_count) VALUES (%s, %s, 5)",
            table,
            self.clock.now.date() - timedelta(days=days_ago),
        )


def answers(url: str) -> bool:
    """Whether somebody answers there."""
    try:
        return requests.get(url, timeout=5).ok
    except requests.RequestException:
        return False
