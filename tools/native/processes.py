"""Processes and ports as the kernel shows them: who listens, who is left over, and stopping the leftovers."""

from __future__ import annotations

import os
import signal
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_RUN_COMMANDS = (b"execute_run", b"resume_run")


@dataclass(frozen=True)
class Process:
    """One process.

    Attributes:
        pid: process number.
        group: number of its process group.
        started: start time [clock ticks since boot]; with the number it identifies a process for good.
        name: short name of its program.
    """

    pid: int
    group: int
    started: int
    name: str


def find(pid: int) -> Process | None:
    """The process with that number, or None when there is none (a zombie counts as none)."""
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    name, _, rest = text.partition("(")[2].rpartition(")")
    fields = rest.split()
    if fields[0] == "Z":
        return None
    return Process(pid, int(fields[2]), int(fields[19]), name)


def everyone() -> list[Process]:
    """Every process that can be seen."""
    found = (find(int(entry.name)) for entry in _PROC.iterdir() if entry.name.isdigit())
    return [process for process in found if process]


def listener(port: int) -> str | None:
    """Name and number of the process that listens on a TCP port, if it can be known."""
    inodes = set()
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in (_PROC / "net" / table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                    inodes.add(f"socket:[{fields[9]}]")
    for process in everyone():
        with suppress(OSError):
            for descriptor in (_PROC / str(process.pid) / "fd").iterdir():
                if str(descriptor.readlink()) in inodes:
                    return f"{process.name} (process {process.pid})"
    return None


def port_is_free(port: int) -> bool:
    """True when a server could listen on that TCP port on any address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))  # noqa: S104 - bound for an instant, never listening
        except OSError:
            return False
    return True


def stop_leftovers(pid_files: list[Path], state_dir: Path, timeout_s: float = 20) -> list[str]:
    """Stop what an earlier supervisor left running, and only that.

    Each service leads a process group and has written its number and start time to a file. A group whose
    leader is gone counts only with members that work inside `state_dir`.

    Returns:
        names of the services that were stopped.
    """
    stopped = {}
    for pid_file in pid_files:
        members = _group_of(pid_file, state_dir)
        if members:
            stopped[pid_file] = members
            # PostgreSQL ends its sessions at once on SIGINT; all others understand SIGTERM.
            _signal(members, signal.SIGINT if pid_file.stem == "database" else signal.SIGTERM)
    deadline = time.monotonic() + timeout_s
    while any(_alive(stopped)) and time.monotonic() < deadline:
        time.sleep(0.1)
    _signal(_alive(stopped), signal.SIGKILL)
    while any(_alive(stopped)) and time.monotonic() < deadline + 5:
        time.sleep(0.05)
    for pid_file in pid_files:
        pid_file.unlink(missing_ok=True)
    return [pid_file.stem for pid_file in stopped]


def stop_runs(folder: Path, timeout_s: float = 20) -> None:
    """Stop runs of Dagster that outlived the daemon which started them in `folder`."""
    runs = [
        process
        for process in everyone()
        if works_inside(process, folder) and any(word in _RUN_COMMANDS for word in _words(process))
    ]
    for run in runs:
        terminate(run, timeout_s)


def _words(process: Process) -> list[bytes]:
    with suppress(OSError):
        return (_PROC / str(process.pid) / "cmdline").read_bytes().split(b"\0")
    return []


def terminate(process: Process, timeout_s: float = 30) -> None:
    """Ask one process to end and insist after a while; nothing to do when it has ended."""
    _signal([process], signal.SIGTERM)
    if not wait_for_end(process, timeout_s):
        _signal([process], signal.SIGKILL)
        wait_for_end(process, timeout_s)


def wait_for_end(process: Process, timeout_s: float) -> bool:
    """True when a process ended in time."""
    deadline = time.monotonic() + timeout_s
    while _still_there(process):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def works_inside(process: Process, folder: Path) -> bool:
    """True when a process's working folder lies in `folder`."""
    try:
        where = (_PROC / str(process.pid) / "cwd").readlink()
    except OSError:
        return False
    return where.is_relative_to(folder.resolve())


def _group_of(pid_file: Path, state_dir: Path) -> list[Process]:
    try:
        pid, started = (int(word) for word in pid_file.read_text().split())
    except (OSError, ValueError):
        return []
    leader = find(pid)
    if leader and leader.started != started:
        return []
    members = [process for process in everyone() if process.group == pid]
    return members if leader else [process for process in members if works_inside(process, state_dir)]


def _alive(groups: dict[Path, list[Process]]) -> list[Process]:
    return [process for members in groups.values() for process in members if _still_there(process)]


def _still_there(process: Process) -> bool:
    now = find(process.pid)
    return now is not None and now.started == process.started


def _signal(members: list[Process], number: signal.Signals) -> None:
    for process in members:
        if _still_there(process):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process.pid, number)
