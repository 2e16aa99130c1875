"""The public side of the platform for tests: backend, tile server, nginx and Varnish on one database, without Dagster."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import requests

from sagui_pipelines.publication.layers import publish_layers
from tests.conftest import ROOT, Database, free_port_offset
from tests.sql.conftest import TODAY, add_day, make_geography
from tools.native import health, services
from tools.native.layout import Layout
from tools.native.services import Service
from tools.native.tileserv import STAND_IN, TileServer

CELLS = [1, 2, 3, 4, 5, 6]
FLOW = "guyane.hyfaa_data_aggregated_geo"
_INHERITED = ("PATH", "HOME", "LANG")


@dataclass
class EdgeSite:
    """Running services and their addresses.

    Attributes:
        layout: where state and ports are.
        database: what all of them show.
        processes: by name of the service.
    """

    layout: Layout
    database: Database
    services: dict[str, Service] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Address of the cache."""
        return self.layout.url("edge", "127.0.0.1")

    def start(self, name: str) -> None:
        """Start a service and wait until it is up."""
        service = self.services[name]
        environment = {key: os.environ[key] for key in _INHERITED if key in os.environ}
        log = (self.layout.logs / f"{name}.log").open("ab")
        process = subprocess.Popen(
            service.program.command,
            env=environment | service.program.environment,
            cwd=self.layout.run,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        self.processes[name] = process
        problem = health.wait(
            service.check(time.time()), lambda: None if process.poll() is None else "it ended", timeout_s=60
        )
        assert problem is None, f"{name}: {problem}\n{self.log(name)}"

    def log(self, name: str) -> str:
        """The end of what a service has said."""
        return (self.layout.logs / f"{name}.log").read_text()[-3000:]

    def stop(self, name: str) -> None:
        """End a service and its children."""
        process = self.processes.pop(name)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)

    def get(self, path: str, **headers: str) -> requests.Response:
        """One request through the cache."""
        return requests.get(self.url + path, headers=headers, timeout=30, allow_redirects=False)

    def load_day(self, flow: float) -> None:
        """Give all cells a flow [m3/s] on the newest day, as a load does."""
        self.database.query(
            "UPDATE hyfaa_data_assimilated SET flow_median = %s WHERE date = %s",
            flow, TODAY, role="pipelines",
        )  # fmt: skip


def _environment(layout: Layout, database: Database) -> dict[str, str]:
    return {
        "SAGUI_ALLOWED_HOSTS": "localhost,127.0.0.1",
        "SAGUI_API_DATABASE_URL": database.url("api"),
        "SAGUI_SECRET_KEY": "k" * 64,
        "SAGUI_STATIC_ROOT": str(layout.static),
        "SAGUI_PATH_TO_ATMO_FILES": str(layout.atmo),
        "SAGUI_PURGE_URL": layout.url("edge", "127.0.0.1"),
        "SAGUI_TLS": "false",
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "TZ": "UTC",
    }


@contextmanager
def edge_site(folder: Path, database: Database) -> Iterator[EdgeSite]:
    """Six rivers with 15 days, published, behind all public services."""
    make_geography(database)
    for offset in range(15):
        day = TODAY - timedelta(days=offset)
        add_day(database, "hyfaa_data_assimilated", day, dict.fromkeys(CELLS, 1.0))
    publish_layers(database.engine())
    with public_services(folder, database) as site:
        yield site


@contextmanager
def public_services(folder: Path, database: Database) -> Iterator[EdgeSite]:
    """All public services on a database whose layers are published."""
    layout = Layout(folder / "state", free_port_offset())
    layout.create()
    (layout.static / "portal").mkdir(parents=True, exist_ok=True)
    (layout.static / "portal" / "index.html").write_text("<!doctype html><title>map</title>")
    site = EdgeSite(layout, database)
    stand_in = TileServer(STAND_IN, sys.executable)
    found = (
        services.backend(layout, _environment(layout, database)),
        services.tileserv(layout, stand_in, database.url("tileserv")),
        services.nginx(layout, layout.atmo),
        services.varnish(layout),
    )
    site.services = {service.name: service for service in found}
    try:
        for name in site.services:
            site.start(name)
        yield site
    finally:
        for name in list(site.processes):
            site.stop(name)
