"""Two Celery workers, processes of their own, share the platform's runs over a Redis broker."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest
import redis

from tests.conftest import free_port
from tests.scaling.platforms import CELLS, HISTORY_DAYS, ask_dagster, platform, rows
from tools.native import demo
from tools.native.dagster_api import DagsterApi
from tools.native.layout import executable
from tools.native.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

# What a worker writes into the log of a run that it executes.
_EXECUTED_BY = """
SELECT run_id, substring(event::json -> 'dagster_event' ->> 'message' FROM 'pid: ([0-9]+)')::int
FROM event_logs
WHERE dagster_event_type = 'ENGINE_EVENT' AND event LIKE '%Started process for run (pid:%'
"""


@contextmanager
def running(command: list[str], log: Path, environment: dict[str, str] | None = None) -> Iterator[int]:
    """A program that ends with the block; its process number."""
    with log.open("ab") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=stream, env=environment, cwd=log.parent)
    try:
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[str]:
    """Address of a Redis server without persistence."""
    port = free_port()
    program = shutil.which("redis-server")
    assert program, "redis-server is not installed: tools/bootstrap.sh --tests"
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with running(command, tmp_path / "redis.log"):
        client = redis.Redis(port=port)
        deadline = time.monotonic() + 20
        while True:
            try:
                client.ping()
                break
            except redis.ConnectionError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        client.close()
        yield f"redis://127.0.0.1:{port}"


@pytest.fixture
def celery_stack(tmp_path: Path, broker: str) -> Iterator[tuple[Stack, set[int]]]:
    """The platform with two workers; their process numbers."""
    addresses = {"SAGUI_CELERY_BROKER": f"{broker}/0", "SAGUI_CELERY_BACKEND": f"{broker}/1"}
    stack = platform(tmp_path, "dagster.celery.yaml", {}, addresses)
    with ExitStack() as workers:
        try:
            stack.up()
            environment = {**os.environ, **stack.environment}
            pids = set()
            for name in ("one", "two"):
                command = [
                    executable("celery"), "-A", "sagui_pipelines.operations.celery_app", "worker",
                    "--pool", "solo", "--hostname", f"{name}@%h", "--loglevel", "INFO",
                ]  # fmt: skip
                pids.add(workers.enter_context(running(command, tmp_path / f"{name}.log", environment)))
            yield stack, pids
        finally:
            stack.down()


def test_two_workers_share_the_runs_of_a_first_load_and_of_a_backfill(
    celery_stack: tuple[Stack, set[int]],
) -> None:
    stack, workers = celery_stack
    demo.materialize(stack)
    for table in ("hyfaa_data_mgbstandard", "hyfaa_data_assimilated", "sagui_rainfall"):
        assert rows(stack, table) == CELLS * HISTORY_DAYS
    api = DagsterApi(stack.layout.url("dagster", "127.0.0.1"))
    start = date.fromisoformat(stack.environment["SAGUI_HISTORY_START"])
    days = [(start + timedelta(days=number)).isoformat() for number in range(1, HISTORY_DAYS)]
    tables = ("hyfaa_data_mgbstandard", "hyfaa_data_assimilated", "sagui_rainfall")
    backfills = [api.backfill(["guyane", table], days) for table in tables]
    runs = [run["id"] for backfill in backfills for run in api.wait_for_backfill(backfill, 300)]
    assert len(runs) == len(tables)
    executed_by = dict(ask_dagster(stack, _EXECUTED_BY))
    assert set(executed_by.values()) == workers
    assert {executed_by[run] for run in runs} == workers
