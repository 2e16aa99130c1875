"""The embedded cluster survives being killed."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg2
import pytest

from tools.native.cluster import Cluster, ClusterError
from tools.native.layout import Layout
from tools.native.secrets import load_or_create, role_passwords


@pytest.fixture
def cluster(layout: Layout) -> Cluster:
    """A cluster that does not run yet."""
    made = Cluster(layout.database, layout.port("database"), role_passwords(load_or_create(layout.secrets)))
    made.create()
    return made


def _lock(cluster: Cluster) -> Path:
    return cluster.data_dir / "postmaster.pid"


def test_killed_server_starts_again(cluster: Cluster, layout: Layout) -> None:
    server = cluster.start(layout.logs / "database.log")
    cluster.initialise()
    with ThreadPoolExecutor(1) as pool:
        computing = pool.submit(_compute, cluster.url("superuser"))
        _wait_for_query(cluster, "clock_timestamp")
        server.kill()
        server.wait()
        lines = _lock(cluster).read_text().splitlines()
        # Its number belongs to another process now: this one.
        _lock(cluster).write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
        with pytest.raises(ClusterError, match=r"kill -QUIT \d+"):
            cluster.forget_dead_server(timeout_s=0.1)
        assert _lock(cluster).exists()
        cluster.forget_dead_server()
        assert not _lock(cluster).exists()
    # The session got to its end, and may still have told its client.
    assert computing.done()

    server = cluster.start(layout.logs / "database.log")
    try:
        cluster.forget_dead_server()
        assert _lock(cluster).exists()
        connection = psycopg2.connect(cluster.url("pipelines"))
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user, current_setting('search_path')")
            assert cursor.fetchone() == ("sagui_pipelines", "guyane, public")
        connection.close()
    finally:
        server.send_signal(signal.SIGINT)
        assert server.wait(timeout=30) == 0


def _compute(url: str) -> None:
    """A session that is too busy to notice that its server is gone, for some seconds."""
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "DO $$ DECLARE began timestamptz := clock_timestamp();"
            " BEGIN WHILE clock_timestamp() < began + interval '5 s' LOOP END LOOP; END $$"
        )


def _wait_for_query(cluster: Cluster, part: str) -> None:
    connection = psycopg2.connect(cluster.url("superuser"))
    connection.autocommit = True
    deadline = time.monotonic() + 30
    with connection.cursor() as cursor:
        found = 0
        while not found:
            assert time.monotonic() < deadline, f"no session runs {part}"
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE state = 'active' AND query LIKE %s AND pid <> pg_backend_pid()",
                (f"%{part}%",),
            )
            found = cursor.fetchone()[0]
    connection.close()


def test_no_cluster_without_server_programs(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.native.cluster.POSTGRES_BIN", tmp_path)
    cluster.create()
    with pytest.raises(ClusterError, match="make setup"):
        Cluster(tmp_path / "other", cluster.port, cluster.passwords).create()
