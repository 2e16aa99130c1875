"""A Docker Engine, the images, and the two compositions; nothing here is a stand-in but what says so."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.compose.compose_plugin import docker_config
from tests.compose.composition import Composition, copy_project, open_to_containers
from tests.compose.containers import Containers
from tests.conftest import ROOT, free_port
from tools.docker_engine import Engine, docker_engine

# A forecast is made of the rain of years before.
CELLS, HISTORY_DAYS = 200, 420
_BASES = ("PYTHON_BASE", "NGINX_BASE", "DATABASE_BASE", "VARNISH_BASE", "TILESERV_BASE", "GO_BASE")
_OF_THE_SHELL = ("PATH", "HOME", "DOCKER_CONFIG", "http_proxy", "https_proxy", "no_proxy")


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """The machine's Docker Engine, or one of our own."""
    with docker_engine() as running:
        yield running


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project."""
    return copy_project(ROOT, tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="session")
def environment(engine: Engine) -> dict[str, str]:
    """What is set for every composition: every base is a plain Debian, as where no registry can be reached."""
    return {
        **{name: os.environ[name] for name in _OF_THE_SHELL if name in os.environ},
        **engine.environment,
        **dict.fromkeys(_BASES, engine.base_image()),
        "SAGUI_IMAGE_PREFIX": "sagui-test",
        # pg_tileserv's module cannot be had everywhere; test_images.py tries.
        "SAGUI_TILESERV": "stand-in",
        "SAGUI_POSTGRES_OPTIONS": "fsync=off",
    }


@pytest.fixture(scope="session")
def plugin() -> Path:
    """Folder for DOCKER_CONFIG with which `docker compose` works."""
    return docker_config()


@pytest.fixture(scope="session")
def images(source: Path, environment: dict[str, str]) -> Composition:
    """Every image, built from plain Debian."""
    building = Composition(source, "override", {**environment, "COMPOSE_PROJECT_NAME": "sagui-test-build"})
    # What several begin with is built by the first one; side by side each would make its own and find no other's.
    building.compose("build", "varnish")
    building.compose("build", "--parallel", "database", "migrate", "pg-tileserv")
    building.compose("build", "nginx")
    return building


@pytest.fixture(scope="session")
def development(images: Composition, source: Path, environment: dict[str, str]) -> Iterator[Composition]:
    """Base and override, running, without data; by docker-compose."""
    ports = ("EDGE", "DATABASE", "BACKEND", "TILESERV", "DAGSTER")
    start = datetime.now(UTC).date() - timedelta(days=HISTORY_DAYS)
    composition = Composition(
        source,
        "override",
        {
            **environment,
            **{f"SAGUI_{name}_PORT": str(free_port()) for name in ports},
            "COMPOSE_PROJECT_NAME": f"sagui-test-dev-{os.getpid()}",
            "SAGUI_CELLS": str(CELLS),
            "SAGUI_HISTORY_START": start.isoformat(),
        },
    )
    try:
        composition.compose("up", "-d")
        composition.wait_healthy()
        yield composition
    finally:
        composition.remove()


@pytest.fixture(scope="session")
def loaded(development: Composition) -> Composition:
    """The same with the simulated basin, by the one command of the documentation."""
    development.compose("exec", "-T", "dagster-daemon", "sagui", "load")
    return development


@pytest.fixture(scope="session")
def stack(loaded: Composition, tmp_path_factory: pytest.TempPathFactory) -> Containers:
    """The same, as the end-to-end tests know a platform."""
    state = tmp_path_factory.mktemp("state")
    loaded.docker("cp", f"{loaded.container('dagster-daemon')}:/var/lib/sagui/snapshots", str(state))
    return Containers(loaded, state)


@pytest.fixture(scope="session")
def delivered(loaded: Composition, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """HYFAA's files, geography, stations and reference flows in a folder of the host."""
    folder = tmp_path_factory.mktemp("delivered")
    loaded.docker("cp", f"{loaded.container('dagster-daemon')}:/var/lib/sagui/simulation/.", str(folder))
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    return open_to_containers(folder)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is slow and needs a Docker Engine."""
    for item in items:
        if "compose" in Path(str(item.path)).parts:
            item.add_marker(pytest.mark.compose)
            item.add_marker(pytest.mark.timeout(1800))
