"""Whom to kill, and how: always at once, with all that works for it."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from tools.native import processes
from tools.native.stack import Stack

SERVICES = ("code_server", "daemon", "database")
RUN = "run"
_RUN_COMMANDS = (b"execute_run", b"resume_run")


def runs(stack: Stack) -> list[int]:
    """Processes that execute runs of a stack."""
    found = []
    for process in processes.everyone():
        if processes.works_inside(process, stack.layout.run):
            with suppress(OSError):
                words = (processes._PROC / str(process.pid) / "cmdline").read_bytes().split(b"\0")
                if any(word in _RUN_COMMANDS for word in words):
                    found.append(process.pid)
    return found


@dataclass
class Killer:
    """Kills one victim after the other at random moments.

    Attributes:
        stack: whose processes.
        random: where chance comes from.
        done: names of the victims so far, in order.
    """

    stack: Stack
    random: random.Random
    done: list[str] = field(default_factory=list)

    def strike(self, working: Callable[[], bool], longest_s: float) -> bool:
        """Wait a random while, then kill somebody at random; false when the day ended before.

        Args:
            working: whether the day is still under way.
            longest_s: upper bound of the random wait.
        """
        moment = time.monotonic() + self.random.uniform(0, longest_s)
        while time.monotonic() < moment:
            time.sleep(0.05)
            if not working():
                return False
        victim = self.random.choice([RUN, RUN, *SERVICES])
        if victim == RUN:
            present = runs(self.stack)
            if not present:
                victim = self.random.choice(SERVICES)
            else:
                _kill(self.random.choice(present))
        if victim != RUN:
            _kill(int(self.stack.supervisor.info(victim)["pid"]))
        self.done.append(victim)
        return True


def _kill(pid: int) -> None:
    if pid:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
