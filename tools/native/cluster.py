"""A PostGIS cluster of our own in a folder: create, start, stop, initialise databases and roles."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from tools.native import processes
from tools.native.privileges import as_user, give_to

ROOT = Path(__file__).resolve().parents[2]
POSTGRES_BIN = Path("/usr/lib/postgresql/15/bin")
SERVICE_USER = "postgres"
ROLES = ("owner", "pipelines", "api", "tileserv", "dagster", "backup")


class ClusterError(Exception):
    """The cluster cannot be made or started; the message says why and what to do."""


@dataclass(frozen=True)
class Cluster:
    """One PostgreSQL cluster on 127.0.0.1, password-protected, without Unix socket.

    Attributes:
        data_dir: the cluster's data folder, created by `create`.
        port: TCP port.
        passwords: password of each role in `ROLES` and of `superuser`.
        options: further settings, as `name=value`.
    """

    data_dir: Path
    port: int
    passwords: dict[str, str]
    options: tuple[str, ...] = field(default=())

    def url(self, role: str, database: str = "sagui") -> str:
        """Address of a database for one of the roles."""
        user = {"superuser": "postgres", "tileserv": "tileserv"}.get(role, f"sagui_{role}")
        return f"postgresql://{user}:{self.passwords[role]}@127.0.0.1:{self.port}/{database}"

    @property
    def server_command(self) -> list[str]:
        """Command line that runs the server in the foreground."""
        settings = (
            f"port={self.port}",
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            *self.options,
        )
        flags = [part for setting in settings for part in ("-c", setting)]
        return [*as_user(SERVICE_USER), str(POSTGRES_BIN / "postgres"), "-D", str(self.data_dir), *flags]

    def create(self) -> None:
        """Make the cluster unless it exists; a half-made one never appears under the final name."""
        if (self.data_dir / "PG_VERSION").exists():
            return
        if not (POSTGRES_BIN / "initdb").exists():
            raise ClusterError(f"{POSTGRES_BIN}/initdb is not installed. Run `make setup`.")
        fresh = self.data_dir.with_name(self.data_dir.name + ".new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True, mode=0o700)
        password_file = self.data_dir.with_name(self.data_dir.name + ".password")
        password_file.touch(mode=0o600)
        password_file.write_text(self.passwords["superuser"])
        give_to(SERVICE_USER, fresh, password_file)
        try:
            _run(
                [
                    *as_user(SERVICE_USER),
                    str(POSTGRES_BIN / "initdb"),
                    "-D", str(fresh), "-U", "postgres", "--pwfile", str(password_file),
                    "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8",
                ]
            )  # fmt: skip
        finally:
            password_file.unlink()
        fresh.rename(self.data_dir)

    def forget_dead_server(self, timeout_s: float = 30) -> None:
        """Remove the lock of a server that was killed, once its sessions have noticed that and ended.

        The server itself only compares process numbers, and one may belong to somebody else by now. A session that computes
        notices late, and keeps the shared memory without which no other server may start on these files.

        Raises:
            ClusterError: sessions are still there after `timeout_s` [s].
        """
        lock = self.data_dir / "postmaster.pid"
        if not lock.exists():
            return
        server = processes.find(int(lock.read_text().split(maxsplit=1)[0]))
        if server and processes.works_inside(server, self.data_dir):
            return
        for session in processes.everyone():
            if session.name != "postgres" or not processes.works_inside(session, self.data_dir):
                continue
            if not processes.wait_for_end(session, timeout_s):
                raise ClusterError(
                    f"Process {session.pid} of a PostgreSQL server that was killed still works in {self.data_dir}. "
                    f"End it (kill -QUIT {session.pid}) and start again."
                )
        lock.unlink()

    def is_ready(self) -> bool:
        """True when the server takes connections."""
        command = [str(POSTGRES_BIN / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(command, check=False).returncode == 0

    def initialise(self) -> None:
        """Create databases, roles, extension and schema; safe to repeat."""
        command = [str(POSTGRES_BIN / "psql"), "-X", "-q", "-d", self.url("superuser", "postgres")]
        for role in ROLES:
            command += ["-v", f"{role}_password={self.passwords[role]}"]
        _run([*command, "-f", str(ROOT / "compose" / "database" / "init.sql")])

    def start(self, log: Path, timeout_s: float = 30) -> subprocess.Popen[bytes]:
        """Start the server outside a supervisor (tests) and wait until it answers."""
        with log.open("ab") as stream:
            process = subprocess.Popen(self.server_command, stdout=stream, stderr=stream)
        deadline = time.monotonic() + timeout_s
        while not self.is_ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise ClusterError(f"PostgreSQL did not start on port {self.port}: {log.read_text()[-800:]}")
            time.sleep(0.05)
        return process


def _run(command: list[str]) -> None:
    # PostgreSQL's programs must not read the caller's connection settings.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    environment["PGOPTIONS"] = "-c client_min_messages=warning"
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, cwd="/")
    if done.returncode != 0:
        raise ClusterError(
            f"{Path(command[-1] if 'psql' in command[0] else command[0]).name}: {done.stderr.strip()}"
        )
