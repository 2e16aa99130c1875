"""Shared fixtures: a real PostGIS cluster per test process, and a fresh migrated database per test module."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import pytest
import sqlalchemy as sa

from tools.native.cluster import ROLES, Cluster
from tools.native.layout import PORTS, REFUSED_BY_BROWSERS
from tools.native.processes import port_is_free

ROOT = Path(__file__).resolve().parents[1]


def free_port() -> int:
    """A TCP port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_port_offset() -> int:
    """An offset at which every port of a stack is free.

    Workers of a parallel run look in different places, all below the ports that outgoing connections use.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    for offset in range(2_000 + 11_000 * worker, 24_000, 30):
        ports = {port + offset for port in PORTS.values()}
        if ports.isdisjoint(REFUSED_BY_BROWSERS) and all(port_is_free(port) for port in ports):
            return offset
    raise AssertionError("no free ports")


@pytest.fixture(scope="session", autouse=True)
def _pinned_environment() -> None:
    """Tests see no setting of the machine they run on."""
    for name in list(os.environ):
        if name.startswith(("SAGUI_", "DAGSTER_", "PG")) and name != "SAGUI_SHARED_DATA":
            del os.environ[name]
    os.environ["TZ"] = "UTC"
    # A shell's background jobs ignore interrupts, and so would every process of the tests.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


@dataclass(frozen=True)
class Database:
    """One database of the test cluster.

    Attributes:
        cluster: the cluster that holds it.
        name: the database's name.
    """

    cluster: Cluster
    name: str

    def url(self, role: str = "pipelines") -> str:
        """Address for a role: owner, pipelines, api, tileserv, superuser."""
        return self.cluster.url(role, self.name)

    def engine(self, role: str = "pipelines") -> sa.Engine:
        """SQLAlchemy engine for a role."""
        return sa.create_engine(self.url(role).replace("postgresql://", "postgresql+psycopg2://"))

    def query(self, sql: str, *parameters: object, role: str = "owner") -> list[tuple[object, ...]]:
        """Rows of one statement, committed."""
        with psycopg2.connect(self.url(role)) as connection, connection.cursor() as cursor:
            cursor.execute(sql, parameters or None)
            rows = cursor.fetchall() if cursor.description else []
        connection.close()
        return rows


@pytest.fixture(scope="session")
def postgis_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A running PostGIS cluster, thrown away at the end."""
    folder = tmp_path_factory.mktemp("postgis")
    cluster = Cluster(
        data_dir=folder / "data",
        port=free_port(),
        passwords={role: secrets.token_urlsafe(12) for role in (*ROLES, "superuser")},
        options=("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=60"),
    )
    cluster.create()
    server = cluster.start(folder / "postgres.log")
    cluster.initialise()
    yield cluster
    server.send_signal(signal.SIGINT)
    server.wait(timeout=30)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def migrated_template(postgis_cluster: Cluster) -> str:
    """Name of a database in which migrations and SQL files have been applied once."""
    environment = os.environ | {"SAGUI_OWNER_DATABASE_URL": postgis_cluster.url("owner")}
    for command in (["migrate", "-v0"], ["apply_sql"]):
        subprocess.run(
            [sys.executable, "-m", "sagui_backend.manage", *command], env=environment, cwd=ROOT, check=True
        )
    return "sagui"


def _create_database(cluster: Cluster, template: str) -> Database:
    name = f"test_{os.getpid()}_{secrets.token_hex(4)}"
    connection = psycopg2.connect(cluster.url("superuser", "postgres"))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER sagui_owner")
        cursor.execute(f"REVOKE CONNECT, TEMPORARY ON DATABASE {name} FROM PUBLIC")
        cursor.execute(f"GRANT CONNECT ON DATABASE {name} TO sagui_api, tileserv")
        cursor.execute(f"GRANT CONNECT, TEMPORARY ON DATABASE {name} TO sagui_pipelines")
        cursor.execute(f"ALTER DATABASE {name} SET timezone TO 'UTC'")
    connection.close()
    return Database(cluster, name)


@pytest.fixture(scope="module")
def module_database(postgis_cluster: Cluster, migrated_template: str) -> Database:
    """A fresh migrated database shared by the tests of one module."""
    return _create_database(postgis_cluster, migrated_template)


@pytest.fixture
def database(postgis_cluster: Cluster, migrated_template: str) -> Database:
    """A fresh migrated database for one test."""
    return _create_database(postgis_cluster, migrated_template)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real HYFAA, station and altimetry files; absent outside the project's own machines."""
    folder = Path(os.environ.get("SAGUI_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real files: {folder} does not exist; set SAGUI_SHARED_DATA")
    return folder
