"""What every benchmark needs: a throw-away cluster with the platform's schema, clocks, a table to print."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tools.native.cluster import ROLES, Cluster
from tools.native.tuning import memory_mb, postgres_options

ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def throwaway_cluster(settings: Sequence[str] = ()) -> Iterator[Cluster]:
    """A running cluster with migrations and SQL files applied, tuned as `make demo` does; gone at the end.

    Args:
        settings: further server settings, as `name=value`.
    """
    folder = Path(tempfile.mkdtemp(prefix="sagui-bench-"))
    port = free_port()
    passwords = {role: secrets.token_urlsafe(12) for role in (*ROLES, "superuser")}
    cluster = Cluster(folder / "data", port, passwords, (*postgres_options(memory_mb()), *settings))
    try:
        cluster.create()
        server = cluster.start(folder / "postgres.log")
        try:
            cluster.initialise()
            environment = os.environ | {"SAGUI_OWNER_DATABASE_URL": cluster.url("owner")}
            for command in (["migrate", "-v0"], ["apply_sql"]):
                subprocess.run(
                    [sys.executable, "-m", "sagui_backend.manage", *command],
                    env=environment,
                    cwd=ROOT,
                    check=True,
                    stdout=subprocess.DEVNULL,
                )
            yield cluster
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=60)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    """A TCP port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def peak_rss_mb() -> float:
    """Largest resident memory of this process so far [MB]."""
    # Unlike getrusage's figure, this one does not include what the parent process held at the fork.
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print columns aligned; the first to the left, the others to the right."""
    widths = [max(len(line[i]) for line in (header, *rows)) for i in range(len(header))]
    for line in (header, ["-" * width for width in widths], *rows):
        cells = [
            line[0].ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)),
        ]
        print("  ".join(cells))
