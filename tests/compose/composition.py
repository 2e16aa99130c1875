"""One composition under test: Docker Compose on a copy of the project, and what its containers say."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

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


def compose_program() -> list[str]:
    """`docker compose` where it is, else docker-compose."""
    plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
    return ["docker", "compose"] if plugin.returncode == 0 else ["docker-compose"]


@dataclass(frozen=True)
class Composition:
    """One project.

    Attributes:
        source: copy of the project that it is built from.
        kind: `override` (development) or `prod`.
        environment: what is set for Docker Compose.
    """

    source: Path
    kind: str
    environment: Mapping[str, str]

    @property
    def project(self) -> str:
        """Name of the project."""
        return self.environment["COMPOSE_PROJECT_NAME"]

    def compose(self, *arguments: str, check: bool = True, stdin: Path | None = None) -> Done:
        """Run Docker Compose from the project folder, as the documentation writes it."""
        files = ["-f", "compose/docker-compose.yml", "-f", f"compose/docker-compose.{self.kind}.yml"]
        return self.run([*compose_program(), *files, *arguments], check=check, stdin=stdin)

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
        """Identity of a service's container."""
        return self.compose("ps", "-q", service).stdout.split()[0]

    def inspect(self, service: str, template: str) -> str:
        """One fact about a service's container."""
        return self.docker("inspect", "--format", template, self.container(service)).stdout.strip()

    def logs(self, service: str) -> str:
        """Everything that a service's container has said."""
        done = self.docker("logs", self.container(service))
        return done.stdout + done.stderr

    def sql(self, statement: str, database: str = "sagui") -> str:
        """Answer to a statement, by the superuser inside the database's container."""
        words = ["psql", "-X", "-A", "-t", "-h", "/tmp", "-U", "postgres", "-d", database, "-c", statement]  # noqa: S108
        return self.compose("exec", "-T", "database", *words).stdout.strip()

    def wait_healthy(self, services: Sequence[str] = SERVICES, timeout_s: float = 240) -> None:
        """Return when all of these services are healthy."""
        for service in services:
            wait(
                lambda service=service: self.inspect(service, "{{.State.Health.Status}}") == "healthy",
                f"{service} is not healthy",
                timeout_s,
            )

    def remove(self) -> None:
        """Stop everything and remove its data."""
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "5", check=False)


def wait(condition: Callable[[], bool], complaint: str, timeout_s: float) -> None:
    """Return when a condition holds."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, complaint
        time.sleep(0.5)


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
    if index := os.environ.get("PIP_INDEX_URL"):
        (target / "compose" / "build" / "pip.conf").write_text(f"[global]\nindex-url = {index}\n")
    return target
