"""Production with HYFAA's steps in containers of its image, started by the daemon's runs: from rain to the tiles' tables.

The image holds stand-ins for HYFAA's programs; everything else is what an operator starts.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from sagui_pipelines.hyfaa.runner import Step
from sagui_pipelines.hyfaa.running.container import STEP_LABEL
from sagui_pipelines.hyfaa.solutions import FILES, Solution
from sagui_pipelines.simulation.rain_files import RainFiles
from tests.compose.composition import (
    NETWORK,
    PLUGIN,
    SERVICES,
    Composition,
    copy_project,
    open_to_containers,
    production_settings,
)
from tests.conftest import ROOT
from tools.docker_engine import Engine

OWNER = 12346
KEY = "k3y-0f-hydroweb"
EXECUTABLES = ROOT / "tests" / "runners" / "executables"
SOLUTIONS = {
    Solution.MGBSTANDARD: ("hyfaa_data_mgbstandard", "mean"),
    Solution.ASSIMILATED: ("hyfaa_data_assimilated", "median"),
    # Of one earlier year: a mean is all there is.
    Solution.FORECAST: ("hyfaa_data_forecast", "mean"),
}
STEPS = set(Step) - {Step.ENSEMBLIST_PROCESSING, Step.ENSEMBLIST_POSTPROCESSING}


@pytest.fixture(scope="module")
def hyfaa_image(images: Composition, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An image with what HYFAA's would have: its programs on PATH."""
    folder = tmp_path_factory.mktemp("hyfaa-image")
    shutil.copytree(EXECUTABLES, folder / "programs", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "Dockerfile").write_text(
        "FROM sagui-test/platform\nCOPY programs /opt/hyfaa\nENV PATH=/opt/hyfaa:$PATH\n"
    )
    name = f"sagui-test/hyfaa:{os.getpid()}"
    images.docker("build", "-q", "-t", name, str(folder))
    yield name
    images.docker("rmi", "-f", name)


@pytest.fixture(scope="module")
def workdir(delivered: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """HYFAA's working directory before its first run: configuration, static data, rain of the time before."""
    workdir = tmp_path_factory.mktemp("operational") / "hyfaa"
    shutil.copytree(delivered / "hyfaa", workdir, ignore=shutil.ignore_patterns("*_solution_databases"))
    RainFiles(workdir / "databases" / "forcing_grid_db", seed=1).create()
    for path in (workdir / "config").glob("input_*.yaml"):
        text = path.read_text().replace(
            "assimilation_sources: []", "assimilation_sources: ['${hyfaa_workdir}/config/hysope_svs.yaml']"
        )
        path.write_text(re.sub(r"^n_ensemble: [2-9].*$", "n_ensemble: 2", text, flags=re.MULTILINE))
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    (workdir / "service.json").write_text(json.dumps({"rain_until": str(yesterday)}))
    for path in [workdir, *workdir.rglob("*")]:
        os.chown(path, OWNER, OWNER)
    return open_to_containers(workdir)


@pytest.fixture(scope="module")
def operational(
    environment: dict[str, str],
    engine: Engine,
    loaded: Composition,
    delivered: Path,
    hyfaa_image: str,
    workdir: Path,
    plugin: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Composition]:
    """Production by the commands of compose/README.md, without data."""
    source = copy_project(ROOT, tmp_path_factory.mktemp("project"))
    socket = Path(engine.host.removeprefix("unix://"))
    composition = Composition(
        source,
        "prod",
        {
            **production_settings(environment, plugin, delivered, tmp_path_factory.mktemp("dumps"), OWNER),
            "COMPOSE_PROJECT_NAME": f"sagui-test-hyfaa-{os.getpid()}",
            "SAGUI_COMPOSE_FILES": "compose/docker-compose.hyfaa.yml",
            "DOCKER_SOCKET": str(socket),
            "DOCKER_GID": str(socket.stat().st_gid),
            "SAGUI_HYFAA_RUNNER": "docker",
            "SAGUI_HYFAA_IMAGE": hyfaa_image,
            "SAGUI_HYFAA_NETWORK": "none",
            "SAGUI_HYFAA_WORKDIR": str(workdir),
            "SAGUI_HISTORY_START": loaded.environment["SAGUI_HISTORY_START"],
        },
        further=("hyfaa",),
        program=PLUGIN,
    )
    loaded.compose("stop", "--timeout", "5")
    composition.docker("network", "create", NETWORK)
    try:
        assert composition.make("secrets").returncode == 0
        key = source / "compose/secrets-prod/hyfaa_api_key.txt"
        key.chmod(0o644)
        key.write_text(f"{KEY}\n")
        done = composition.make("up-prod")
        assert done.returncode == 0, done.stdout + done.stderr
        composition.wait_healthy([*SERVICES, "backup"])
        yield composition
    finally:
        composition.remove()
        composition.docker("network", "rm", NETWORK)
        loaded.compose("up", "-d")
        loaded.wait_healthy()


def flows_of_file(portal: Path, statistic: str) -> dict[tuple[int, str], float]:
    """Flow [m3/s] of every cell and day of a portal file."""
    with netCDF4.Dataset(portal) as file:
        days = np.datetime64("1950-01-01") + file["time"][:].astype(int).astype("timedelta64[D]")
        flows = np.ma.filled(file[f"streamflow_catchment_{statistic}"][:].astype(float), np.nan)
    return {
        (cell + 1, str(day)): float(flow)
        for day, row in zip(days, flows, strict=True)
        for cell, flow in enumerate(row)
    }


def test_every_step_runs_in_a_container_and_its_flows_reach_the_tables(
    operational: Composition, workdir: Path, tmp_path: Path
) -> None:
    told = tmp_path / "events"
    chosen = (
        "--filter",
        f"label={STEP_LABEL}",
        "--filter",
        "event=create",
        "--format",
        "{{json .Actor.Attributes}}",
    )
    # The Engine remembers the last few events only: listen from the start.
    with told.open("w") as stream:
        listening = subprocess.Popen(
            ["docker", "events", *chosen], env=operational.environment, stdout=stream
        )
        try:
            operational.compose("exec", "-T", "dagster-daemon", "sagui", "load")
        finally:
            listening.terminate()
            listening.wait(timeout=30)
    made = [json.loads(line) for line in told.read_text().splitlines()]
    assert {attributes[STEP_LABEL] for attributes in made} == {step.value for step in STEPS}
    assert {attributes["image"] for attributes in made} == {operational.environment["SAGUI_HYFAA_IMAGE"]}
    left = operational.docker("ps", "-a", "-q", "--filter", f"label={STEP_LABEL}").stdout
    assert left == ""
    for solution, (table, statistic) in SOLUTIONS.items():
        of_file = flows_of_file(workdir / FILES[solution].portal, statistic)
        rows = operational.sql(f"SELECT cell_id, date, flow_{statistic} FROM guyane.{table}").splitlines()
        of_table = {(int(cell), day): float(flow) for cell, day, flow in (row.split("|") for row in rows)}
        assert len(of_table) > 0
        assert of_table == pytest.approx(of_file)
    assert int(operational.sql("SELECT count(*) FROM guyane.sagui_tile")) > 0


def test_what_the_steps_write_belongs_to_the_owner_and_shows_no_key(
    operational: Composition, workdir: Path
) -> None:
    files = [path for path in workdir.rglob("*") if path.is_file()]
    assert {path.stat().st_uid for path in files} == {OWNER}
    for step in STEPS:
        logs = list((workdir / "sagui_steps" / "logs").glob(f"{step.value}-*.log"))
        assert logs
        assert all(KEY not in path.read_text() for path in logs)
    for service in (*SERVICES, "backup"):
        assert KEY not in operational.logs(service)
        assert KEY not in json.dumps(operational.facts(service))


def test_the_socket_is_the_daemon_s_alone(operational: Composition) -> None:
    holders = {
        service
        for service in (*SERVICES, "backup")
        if "docker.sock" in str(operational.facts(service)["HostConfig"]["Binds"])
    }
    assert holders == {"dagster-daemon"}
