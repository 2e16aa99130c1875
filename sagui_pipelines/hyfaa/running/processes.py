"""Processes of this machine as /proc shows them: those of our steps by their mark, and HYFAA started by somebody else."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sagui_pipelines.hyfaa.runner import Step
from sagui_pipelines.hyfaa.running.plan import PLANS

MARK = "SAGUI_HYFAA_STEP"
"""Variable in the environment of every process of a step; children inherit it."""

_PROC = Path("/proc")
_INITIAL_PID_NAMESPACE = "pid:[4026531836]"
_POLL_S = 0.05
_KILL_WAIT_S = 10.0

PROGRAMS = frozenset(plan.script for plan in PLANS.values()) | {"mgb_iph"}
"""File names by which HYFAA at work is recognised."""


@dataclass(frozen=True)
class Process:
    """A running process.

    Attributes:
        pid: its number.
        name: the program it runs, for people.
    """

    pid: int
    name: str

    def is_alive(self) -> bool:
        """Whether it still runs; a dead one that nobody has waited for does not."""
        return _is_alive(self.pid)

    def send(self, number: signal.Signals) -> None:
        """Signal it, if it is still there."""
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            return


def mark(step: Step, workdir: Path) -> str:
    """Value of the mark of a step's processes in one working directory."""
    return f"{step.value}@{workdir}"


def marked(step: Step, workdir: Path, group: int = 0) -> list[Process]:
    """Every process of a step, whoever is its parent now; with those of a process group, if one is given."""
    wanted = f"{MARK}={mark(step, workdir)}".encode()
    return [
        Process(pid, _program(pid))
        for pid in _pids()
        if (wanted in _read(pid, "environ").split(b"\0") or _group(pid) == group > 0) and _is_alive(pid)
    ]


def end(processes: list[Process], grace_s: float) -> None:
    """Interrupt processes, then kill those that have not ended after the grace.

    HYFAA cleans up after SIGINT only: SIGTERM would leave its locks and workers behind.
    """
    for process in processes:
        process.send(signal.SIGINT)
    if _all_ended(processes, grace_s):
        return
    for process in processes:
        process.send(signal.SIGKILL)
    _all_ended(processes, _KILL_WAIT_S)


def strangers(workdir: Path) -> list[Process]:
    """HYFAA's programs at work in a working directory that carry no mark: started by hand, or by another scheduler."""
    found = []
    for pid in _pids():
        words = _read(pid, "cmdline").split(b"\0")
        names = {Path(os.fsdecode(word)).name for word in words[:3]} & PROGRAMS
        if not names or pid == os.getpid() or not _is_alive(pid):
            continue
        environment = _read(pid, "environ").split(b"\0")
        if any(variable.startswith(f"{MARK}=".encode()) for variable in environment):
            continue
        if _works_in(pid, workdir, words, environment):
            found.append(Process(pid, sorted(names)[0]))
    return found


def sees_all_processes() -> bool:
    """Whether every process of the machine is visible: not from inside a container."""
    return str(Path("/proc/self/ns/pid").readlink()) == _INITIAL_PID_NAMESPACE


def _works_in(pid: int, workdir: Path, words: list[bytes], environment: list[bytes]) -> bool:
    """Whether a process works in a folder, also from inside a container that knows it by another name."""
    folder = os.fsencode(workdir)
    if any(word == folder or word.startswith(folder + b"/") for word in words):
        return True
    own = _PROC / str(pid)
    named = [value.partition(b"=")[2] for value in environment if value.startswith(b"hyfaa_workdir=")]
    try:
        current = os.fsencode((own / "cwd").readlink())
        places = [own / "cwd", *(own / "root" / os.fsdecode(name).lstrip("/") for name in named)]
        return current.startswith(folder + b"/") or any(
            place.samefile(workdir) for place in places if place.exists()
        )
    except PermissionError:
        # Another account's: unless its configuration lies elsewhere, it must be taken for one that works here.
        return not any(word.startswith(b"/") and word.endswith(b".yaml") for word in words)


def _all_ended(processes: list[Process], within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while any(process.is_alive() for process in processes):
        if time.monotonic() >= deadline:
            return False
        time.sleep(_POLL_S)
    return True


def _pids() -> Iterator[int]:
    return (int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit())


def _read(pid: int, name: str) -> bytes:
    """A file of a process; empty when it has ended, or belongs to another account."""
    try:
        return (_PROC / str(pid) / name).read_bytes()
    except OSError:
        return b""


def _stat(pid: int) -> list[bytes]:
    """Fields of a process after its name: state, parent, group, ...; none when it has ended."""
    return _read(pid, "stat").rpartition(b")")[2].split()


def _is_alive(pid: int) -> bool:
    fields = _stat(pid)
    return bool(fields) and fields[0] not in (b"Z", b"X")


def _group(pid: int) -> int:
    fields = _stat(pid)
    return int(fields[2]) if fields else 0


def _program(pid: int) -> str:
    words = [os.fsdecode(word) for word in _read(pid, "cmdline").split(b"\0") if word]
    known = [Path(word).name for word in words if Path(word).name in PROGRAMS]
    return (known or [Path(words[0]).name if words else "a process"])[0]
