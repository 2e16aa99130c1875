"""Every run in a container of its own, launched by Dagster's own Docker launcher on a real Docker Engine."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from sagui_pipelines.nights import DAY_TAG
from tests.scaling.platforms import CELLS, HISTORY_DAYS, ask_dagster, platform, rows
from tools.docker_engine import Engine, docker_engine
from tools.native import demo
from tools.native.dagster_api import DagsterApi
from tools.native.layout import ROOT
from tools.native.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """A Docker Engine."""
    with docker_engine() as found:
        yield found


@pytest.fixture
def docker_stack(tmp_path: Path, engine: Engine) -> Iterator[Stack]:
    """The platform whose runs are containers that see this machine's programs, this code and the state folder."""
    state = tmp_path / ".sagui"
    changes = {
        "image": engine.base_image(),
        "network": "host",
        "env_vars": [
            "SAGUI_DAGSTER_DATABASE_URL",
            "SAGUI_PIPELINES_DATABASE_URL",
            "SAGUI_PURGE_URL",
            "SAGUI_STATE_DIR",
            "SAGUI_HYFAA_RUNNER",
            "SAGUI_HISTORY_START",
            "SAGUI_CELLS",
            "SAGUI_SEED",
            "DAGSTER_HOME",
            "DAGSTER_EVENT_BATCH_SIZE",
            "DAGSTER_EMIT_PARTITION_SUBSET_IN_PLANNED_EVENTS",
            "TZ",
        ],
        "container_kwargs": {
            "volumes": ["/usr:/usr:ro", f"{ROOT}:{ROOT}:ro", f"{state}:{state}"],
            "working_dir": str(ROOT),
        },
    }
    stack = platform(tmp_path, "dagster.docker.yaml", changes, {"DOCKER_HOST": engine.host})
    try:
        stack.up()
        yield stack
    finally:
        stack.down()


def containers_of(client: docker.DockerClient, run: str) -> list[docker.models.containers.Container]:
    """Containers that execute a run."""
    return client.containers.list(filters={"label": f"dagster/run_id={run}"})


def test_the_platform_is_loaded_by_containers_and_one_that_is_killed_is_replaced(
    docker_stack: Stack, engine: Engine
) -> None:
    demo.materialize(docker_stack)
    assert rows(docker_stack, "hyfaa_data_assimilated") == CELLS * HISTORY_DAYS
    statement = "SELECT count(DISTINCT value), count(*) FROM run_tags WHERE key = 'docker/container_id'"
    [(containers, runs)] = ask_dagster(docker_stack, statement)
    assert containers == runs >= 7

    api = DagsterApi(docker_stack.layout.url("dagster", "127.0.0.1"))
    run = api.launch("daily", {DAY_TAG: "again"})
    client = engine.client()
    try:
        deadline = time.monotonic() + 120
        while ask_dagster(docker_stack, f"SELECT status FROM runs WHERE run_id = '{run}'") != [("STARTED",)]:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        [container] = containers_of(client, run)
        container.kill()
        deadline = time.monotonic() + 300
        statement = "SELECT status FROM runs WHERE pipeline_name = 'daily' ORDER BY id DESC LIMIT 1"
        while ask_dagster(docker_stack, statement) != [("SUCCESS",)]:
            assert time.monotonic() < deadline, subprocess.run(
                ["tail", "-30", docker_stack.layout.logs / "daemon.log"], capture_output=True, text=True
            ).stdout
            time.sleep(0.5)
        left = client.containers.list(all=True, filters={"label": "dagster/run_id"})
        assert [container.status for container in left if container.status != "running"] == []
    finally:
        client.close()
