"""Alarms on the running platform: the sensors look, the watchdog hears the real heartbeats, and nobody is told of nothing."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from sagui_pipelines.alarms.sensors import SENSORS
from tests.conftest import ROOT, free_port
from tools.native.incidents import open_lines
from tools.native.stack import Stack

pytestmark = pytest.mark.stack

_TICKS = """
query Ticks($name: String!) {
  sensorOrError(sensorSelector: {
    sensorName: $name, repositoryName: "__repository__", repositoryLocationName: "sagui"
  }) {
    ... on Sensor { sensorState { status ticks(limit: 20) { status skipReason error { message } } } }
  }
}
"""


def watchdog(stack: Stack, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """The watchdog's command in the stack's environment."""
    return subprocess.run(
        [sys.executable, "-m", "sagui_pipelines.watchdog", *arguments],
        env={"PATH": "/usr/bin:/bin", **stack.watchdog_environment, **variables},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=180,
    )


def test_the_watchdog_looks_and_sees_nothing_wrong(stack: Stack, tmp_path: Path) -> None:
    assert stack.supervisor.info("watchdog")["statename"] == "RUNNING"
    assert watchdog(stack, "--health").returncode == 0
    seen = watchdog(stack, "--once", SAGUI_STATE_DIR=str(tmp_path), SAGUI_WATCHDOG_DISK_FREE_PERCENT="0")
    assert "All is well" in seen.stdout, seen.stdout + seen.stderr
    assert seen.returncode == 0


def test_the_watchdog_hears_the_daemons_own_heartbeats(stack: Stack, tmp_path: Path) -> None:
    deaf = {"SAGUI_STATE_DIR": str(tmp_path), "SAGUI_WATCHDOG_DISK_FREE_PERCENT": "0"}
    seen = watchdog(stack, "--once", SAGUI_WATCHDOG_SILENCE_S="0.001", **deaf)
    assert "Dagster's daemon is silent: No heartbeat for 0 minutes from: SCHEDULER" in seen.stdout
    [mail] = (tmp_path / "alarms").glob("*.eml")
    assert "No heartbeat" in mail.read_text()
    nowhere = f"127.0.0.1:{free_port()}"
    blind = {
        "SAGUI_DAGSTER_URL": f"http://{nowhere}",
        "SAGUI_DAGSTER_DATABASE_URL": f"postgresql://nobody:x@{nowhere}/none",
        "SAGUI_WATCHDOG_PATIENCE_S": "0",
    }
    seen = watchdog(stack, "--once", **{**deaf, "SAGUI_STATE_DIR": str(tmp_path / "blind")}, **blind)
    assert "Its heartbeats cannot be read" in seen.stdout


@pytest.mark.parametrize("name", [sensor.name for sensor in SENSORS])
def test_the_daemon_evaluates_the_sensors(stack: Stack, name: str) -> None:
    deadline = time.monotonic() + 120
    ticks: list[dict[str, object]] = []
    while not ticks:
        assert time.monotonic() < deadline
        answer = requests.post(
            f"{stack.layout.url('dagster')}/graphql",
            json={"query": _TICKS, "variables": {"name": name}},
            timeout=30,
        )
        state = answer.json()["data"]["sensorOrError"]["sensorState"]
        ticks = [tick for tick in state["ticks"] if tick["status"] != "STARTED"]
        time.sleep(0.5)
    assert state["status"] == "RUNNING"
    assert [tick["error"] for tick in ticks if tick["error"]] == []


def test_a_fresh_platform_has_nothing_to_tell(stack: Stack) -> None:
    assert open_lines(stack.cluster.url("pipelines"), stack.layout.state_dir) == []
