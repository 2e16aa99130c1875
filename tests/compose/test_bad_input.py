"""What is wrong, and how to mend it, in the words of the service concerned."""

from __future__ import annotations

import os
import socket
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.compose.composition import Composition, Done, open_to_containers, wait

ROLES = ("owner", "pipelines", "api", "tileserv", "dagster", "backup")
Run = Callable[..., Done]


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """A folder of good secrets that every container's user may read."""
    folder = tmp_path / "secrets"
    folder.mkdir()
    for name in [*(f"{role}_password" for role in ROLES), "django_secret_key"]:
        (folder / name).write_text(f"{name}-that-is-long-enough-to-sign")
    return open_to_containers(folder)


@pytest.fixture
def run(images: Composition, secrets: Path) -> Run:
    """Start one image with the secrets mounted, until it ends."""

    def start(image: str, *command: str, options: tuple[str, ...] = ()) -> Done:
        return images.docker(
            "run", "--rm", "--read-only", "--tmpfs", "/tmp", "-v", f"{secrets}:/run/secrets:ro", *options,  # noqa: S108
            f"sagui-test/{image}", *command, check=False,
        )  # fmt: skip

    return start


SERVICES = [
    ("platform", ("backend",), "api_password"),
    ("database", (), "owner_password"),
    ("tileserv-stand-in", (), "tileserv_password"),
]


@pytest.mark.parametrize(("image", "command", "secret"), SERVICES)
@pytest.mark.parametrize("fault", ["missing", "empty", "a folder"])
def test_secret_that_is_none(
    run: Run, secrets: Path, image: str, command: tuple[str, ...], secret: str, fault: str
) -> None:
    path = secrets / secret
    path.unlink()
    if fault == "empty":
        path.touch()
    elif fault == "a folder":
        path.mkdir()
    done = run(image, *command)
    assert done.returncode != 0
    assert f"The secret {secret} is {fault}" in done.stderr
    assert "What to do:" in done.stderr
    assert "make secrets" in done.stderr


@pytest.mark.parametrize(("image", "command", "secret"), SERVICES)
def test_secret_of_development_in_production(
    run: Run, secrets: Path, image: str, command: tuple[str, ...], secret: str
) -> None:
    (secrets / secret).write_text("dev-only-password")
    done = run(image, *command, options=("-e", "SAGUI_PRODUCTION=yes"))
    assert done.returncode != 0
    assert f"The secret {secret} is the one that everybody knows from development" in done.stderr


@pytest.mark.parametrize(
    ("image", "command", "role", "given"),
    [
        ("platform", ("backend",), "sagui_api", {"api_password", "django_secret_key"}),
        ("tileserv-stand-in", (), "tileserv", {"tileserv_password"}),
    ],
)
def test_wrong_password(
    run: Run,
    secrets: Path,
    development: Composition,
    image: str,
    command: tuple[str, ...],
    role: str,
    given: set[str],
) -> None:
    for path in secrets.iterdir():
        if path.name not in given:
            path.unlink()
    done = run(image, *command, options=("--network", f"{development.project}_database"))
    assert done.returncode != 0
    assert f"The database refuses the password of the role {role}" in done.stderr
    assert "restart the service database" in done.stderr


def test_simulated_basin_in_production(run: Run, secrets: Path) -> None:
    done = run(
        "platform",
        "daemon",
        options=(
            "-e",
            "SAGUI_PRODUCTION=yes",
            "-e",
            "SAGUI_HYFAA_RUNNER=simulated",
            "-e",
            "SAGUI_STATE_DIR=/tmp",
        ),
    )
    assert done.returncode != 0
    assert "invented floods would look real" in done.stderr


def test_port_taken(images: Composition) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        taken = str(holder.getsockname()[1])
        environment = {**images.environment, "SAGUI_EDGE_PORT": taken}
        done = Composition(images.source, images.kind, environment).make("up")
    assert done.returncode != 0
    assert f"Port {taken}, needed by Varnish, is in use" in done.stderr
    assert "SAGUI_EDGE_PORT" in done.stderr


def test_volume_of_another_postgresql(run: Run, tmp_path: Path, secrets: Path) -> None:
    volume = tmp_path / "volume"
    (volume / "pgdata").mkdir(parents=True)
    (volume / "pgdata" / "PG_VERSION").write_text("14\n")
    for path in (volume, volume / "pgdata", volume / "pgdata" / "PG_VERSION"):
        os.chown(path, 999, 999)
    done = run("database", options=("-v", f"{volume}:/var/lib/postgresql/data"))
    assert done.returncode != 0
    assert "holds data of PostgreSQL 14" in done.stderr
    assert (volume / "pgdata" / "PG_VERSION").read_text() == "14\n"


def test_volume_too_small_for_a_first_start(run: Run) -> None:
    done = run("database", options=("--tmpfs", "/var/lib/postgresql/data:size=64m,uid=999,gid=999,mode=700"))
    assert done.returncode != 0
    assert "a new database needs 200 MB" in done.stderr


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 320 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=320m,uid=999,gid=999,mode=700", "sagui-test", str(folder)],
        check=True,
    )
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_full_disk_is_named_and_nothing_is_lost(images: Composition, secrets: Path, small_disk: Path) -> None:
    name = f"sagui-test-{uuid.uuid4().hex[:8]}"

    def start() -> None:
        images.docker(
            "run", "-d", "--name", name, "--read-only", "--tmpfs", "/tmp", "-v", f"{secrets}:/run/secrets:ro",  # noqa: S108
            "-e", "SAGUI_POSTGRES_OPTIONS=max_wal_size=64MB min_wal_size=32MB",
            "-v", f"{small_disk}:/var/lib/postgresql/data", "sagui-test/database",
        )  # fmt: skip

    def said() -> str:
        done = images.docker("logs", name)
        return done.stdout + done.stderr

    def healthy() -> bool:
        return images.docker("exec", name, "healthy", check=False).returncode == 0

    def sql(statement: str) -> str:
        words = ("psql", "-X", "-A", "-t", "-h", "/tmp", "-d", "sagui", "-c", statement)  # noqa: S108
        return images.docker("exec", name, *words).stdout.strip()

    try:
        start()
        wait(healthy, said, 120)
        sql("CREATE TABLE guyane.kept AS SELECT generate_series(1, 1000) AS number")
        filler = small_disk / "filler"
        subprocess.run(["dd", "if=/dev/zero", f"of={filler}", "bs=1M"], capture_output=True, check=False)
        assert not healthy()
        images.docker("rm", "-f", name)
        start()
        wait(
            lambda: (
                images.docker("inspect", "--format", "{{.State.Status}}", name).stdout.strip() == "exited"
            ),
            said,
            60,
        )
        assert "The database volume is full" in said()
        assert "Make room on the disk" in said()
        filler.unlink()
        images.docker("rm", "-f", name)
        start()
        wait(healthy, said, 120)
        assert sql("SELECT count(*) FROM guyane.kept") == "1000"
    finally:
        images.docker("rm", "-f", name, check=False)
