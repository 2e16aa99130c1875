"""One composition under test: Docker Compose on a copy of the project, and what its containers say.

What asks often (health, facts, SQL) goes to the Engine itself: docker-compose takes a second to begin.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import free_port

SERVICES = (
    "database",
    "backend",
    "nginx",
    "pg-tileserv",
    "varnish",
    "dagster-code",
    "dagster-webserver",
    "dagster-daemon",
    "watchdog",
)
Done = subprocess.CompletedProcess[str]


HOST = "sagui.example.org"
NETWORK = "traefik-proxy_proxy_network"
DOCKER_COMPOSE = ("docker-compose",)
PLUGIN = ("docker", "compose")


@dataclass(frozen=True)
class Composition:
    """One project.

    Attributes:
        source: copy of the project that it is built from.
        kind: `override` (development) or `prod`.
        further: names of further files, such as `hyfaa`.
        environment: what is set for Docker Compose.
        program: `docker-compose` or, where DOCKER_CONFIG holds the plugin, `docker compose`.
    """

    source: Path
    kind: str
    environment: dict[str, str]
    further: tuple[str, ...] = ()
    program: tuple[str, ...] = DOCKER_COMPOSE

    @property
    def project(self) -> str:
        """Name of the project."""
        return self.environment["COMPOSE_PROJECT_NAME"]

    def compose(self, *arguments: str, check: bool = True, stdin: Path | None = None) -> Done:
        """Run Docker Compose from the project folder, as the documentation writes it."""
        files = ["-f", "compose/docker-compose.yml"]
        for name in (self.kind, *self.further):
            files += ["-f", f"compose/docker-compose.{name}.yml"]
        command = [*self.program, *files]
        done = self.run([*command, *arguments], check=False, stdin=stdin)
        if check and done.returncode != 0:
            said = self.run([*command, "logs", "--tail=30"], check=False)
            raise AssertionError(
                f"{arguments}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}\n{said.stdout[-8000:]}"
            )
        return done

    def make(self, *words: str) -> Done:
        """Run one of make's commands in the project folder."""
        return self.run(["make", *words], check=False)

    def run(self, command: Sequence[str], *, check: bool = True, stdin: Path | None = None) -> Done:
        """Run a program with this composition's environment."""
        with (stdin or Path(os.devnull)).open() as stream:
            done = subprocess.run(
                command, env=dict(self.environment), cwd=self.source, stdin=stream,
                capture_output=True, text=True, check=False,
            )  # fmt: skip
        assert not check or done.returncode == 0, f"{command}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        return done

    def docker(self, *arguments: str, check: bool = True) -> Done:
        """Run the docker command."""
        return self.run(["docker", *arguments], check=check)

    def container(self, service: str) -> str:
        """Identity of a service's container, running or not."""
        labels = (f"project={self.project}", f"service={service}", "oneoff=False")
        chosen = [word for label in labels for word in ("--filter", f"label=com.docker.compose.{label}")]
        found = self.docker("ps", "-a", "-q", "--no-trunc", *chosen).stdout.split()
        assert len(found) == 1, f"{service}: {len(found)} containers"
        return found[0]

    def facts(self, service: str) -> dict[str, Any]:
        """Everything that the Engine knows about a service's container."""
        [found] = json.loads(self.docker("inspect", self.container(service)).stdout)
        return dict(found)

    def logs(self, service: str) -> str:
        """Everything that a service's container has said."""
        done = self.docker("logs", self.container(service))
        return done.stdout + done.stderr

    def execute(self, service: str, *command: str, check: bool = True, stdin: Path | None = None) -> Done:
        """Run a command in a service's container."""
        return self.run(
            ["docker", "exec", *(["-i"] if stdin else []), self.container(service), *command],
            check=check, stdin=stdin,
        )  # fmt: skip

    def sql(self, statement: str, database: str = "sagui") -> str:
        """Answer to a statement, by the superuser inside the database's container."""
        words = ["psql", "-X", "-A", "-t", "-h", "/tmp", "-U", "postgres", "-d", database, "-c", statement]  # noqa: S108
        return self.execute("database", *words).stdout.strip()

    def wait_healthy(self, services: Sequence[str] = SERVICES, timeout_s: float = 240) -> None:
        """Return when all of these services are healthy."""
        for service in services:
            wait(
                lambda service=service: self._health(service) == "healthy",
                lambda service=service: self._told(service),
                timeout_s,
            )

    def _health(self, service: str) -> str:
        return str(self.facts(service)["State"]["Health"]["Status"])

    def _told(self, service: str) -> str:
        return f"{service} is not healthy: {self.facts(service)['State']}\n{self.logs(service)[-3000:]}"

    def remove(self) -> None:
        """Stop everything and remove its data."""
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "5", check=False)


def production_settings(
    environment: dict[str, str], plugin: Path, delivered: Path, dumps: Path, owner: int
) -> dict[str, str]:
    """What an operator sets for production on delivered files, started by `docker compose`.

    Args:
        environment: what every composition gets.
        plugin: folder for DOCKER_CONFIG.
        delivered: holds geography, stations and reference flows.
        dumps: for backups; becomes the owner's.
        owner: user and group of what is written on the host.
    """
    os.chown(open_to_containers(dumps), owner, owner)
    return {
        **environment,
        "DOCKER_CONFIG": str(plugin),
        "SAGUI_GEODATA_DIR": str(delivered / "geodata"),
        "SAGUI_STATIONS_FILE": str(delivered / "stations.xlsx"),
        "SAGUI_REFERENCE_FLOW_FILE": str(delivered / "reference_flow.csv"),
        "SAGUI_HOST": HOST,
        "USER_ID": str(owner),
        "GROUP_ID": str(owner),
        "SAGUI_DAGSTER_PORT": str(free_port()),
        "SAGUI_BACKUP_DIR": str(dumps),
    }


def wait(condition: Callable[[], bool], complaint: Callable[[], str], timeout_s: float) -> None:
    """Return when a condition holds."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, complaint()
        time.sleep(0.5)


def open_to_containers(folder: Path) -> Path:
    """Let the containers' users reach a folder: those that pytest makes are private."""
    for parent in (folder, *folder.parents):
        if parent != Path("/") and parent.stat().st_uid == os.getuid():
            parent.chmod(parent.stat().st_mode | 0o011)
    return folder


def copy_project(root: Path, target: Path) -> Path:
    """Copy what the images are made of, with this machine's build settings beside it."""
    for name in ("compose", "tools", "sagui_backend", "sagui_pipelines"):
        shutil.copytree(
            root / name, target / name, ignore=shutil.ignore_patterns("__pycache__", "secrets-prod", "*.dump")
        )
    for name in ("pyproject.toml", "requirements.lock", ".dockerignore", "Makefile"):
        shutil.copy2(root / name, target / name)
    authorities = Path(os.environ.get("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt"))
    shutil.copyfile(authorities, target / "compose" / "build" / "ca.crt")
    command = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    known = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    if index := os.environ.get("PIP_INDEX_URL", known):
        (target / "compose" / "build" / "pip.conf").write_text(f"[global]\nindex-url = {index}\n")
    return target
