"""Steps as processes of this machine: HYFAA's programs are on PATH."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sagui_pipelines.hyfaa.runner import Log
from sagui_pipelines.hyfaa.running import processes
from sagui_pipelines.hyfaa.running.executor import API_KEY, Ended, Hear, Order
from sagui_pipelines.hyfaa.running.plan import StepPlan
from sagui_pipelines.hyfaa.step_errors import ProgramMissing, StepTimedOut

_POLL_S = 0.1
_OUTPUT = "output"
# The platform's own settings and secrets are none of HYFAA's business, and neither is its Python environment.
_WITHHELD = ("SAGUI_", "DAGSTER_", "DJANGO_", "PG")
_WITHHELD_NAMES = frozenset({"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", API_KEY})


def environment_of(order: Order, inherited: Mapping[str, str]) -> dict[str, str]:
    """Environment of a step's program."""
    kept = {
        name: value
        for name, value in inherited.items()
        if not name.startswith(_WITHHELD) and name not in _WITHHELD_NAMES
    }
    return {
        **kept,
        "hyfaa_workdir": str(order.workdir),
        "hyfaa_temp_dir": str(order.temporary),
        "MPLCONFIGDIR": str(order.temporary),
        "PYTHONUNBUFFERED": "1",
        processes.MARK: processes.mark(order.plan.step, order.workdir),
        **order.secrets,
    }


@dataclass(frozen=True)
class ProcessExecutor:
    """Runs each step in a process group of its own.

    Attributes:
        clock: tells the time by which steps must end [s].
        name: what records call it.
    """

    clock: Callable[[], float] = time.monotonic
    name: str = field(default="process", init=False)

    def check(self, plan: StepPlan) -> None:
        """Look for the programs on PATH.

        Raises:
            ProgramMissing: one is not there.
        """
        for program in (plan.script, *plan.programs):
            if shutil.which(program) is None:
                raise ProgramMissing(
                    program,
                    f"is not on PATH ({os.environ.get('PATH', '')})",
                    "Install HYFAA and its model, and put their folder on the PATH of Dagster's processes.",
                )

    def execute(self, order: Order, hear: Hear) -> Ended:
        """See `Executor`. The output goes through a file: no reader can hold the program up, no orphan the reader."""
        output = order.current / _OUTPUT
        words = [shutil.which(order.plan.script) or order.plan.script, *map(str, order.arguments)]
        deadline = self.clock() + order.timeout_s
        with output.open("wb") as written, output.open("rb") as read:
            child = subprocess.Popen(  # noqa: S603  (the program is one of HYFAA's)
                words,
                cwd=order.current,
                env=environment_of(order, os.environ),
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=order.flocks,
            )
            listening = _Lines(hear)
            try:
                while child.poll() is None:
                    listening.take(read.read())
                    if self.clock() > deadline:
                        raise StepTimedOut(
                            order.plan.script,
                            f"did not end within {order.timeout_s / 60:.1f} min and was interrupted",
                            "Read its log; raise the limit in the settings if the work was really going on.",
                        )
                    time.sleep(_POLL_S)
            finally:
                _interrupt(child, order.stop_s)
                orphans = _end_orphans(order, child.pid)
                listening.take(read.read())
                listening.finish()
        return Ended(child.returncode, orphans)

    def end_remains(self, plan: StepPlan, workdir: Path, stop_s: float, tell: Log) -> int:
        """End every process that carries the step's mark."""
        left = processes.marked(plan.step, workdir)
        if left:
            names = ", ".join(f"{process.name} ({process.pid})" for process in left[:5])
            tell(f"{len(left)} process(es) of an abandoned {plan.step.value} are ended: {names}")
            processes.end(left, stop_s)
        return len(left)

    def strangers(self, workdir: Path) -> list[str]:
        """HYFAA's programs that somebody else started in the working directory."""
        return [f"{process.name} (process {process.pid})" for process in processes.strangers(workdir)]


class _Lines:
    """Cuts output into lines."""

    def __init__(self, hear: Hear) -> None:
        self._hear, self._rest = hear, b""

    def take(self, block: bytes) -> None:
        """Hear the lines that are complete."""
        *lines, self._rest = (self._rest + block).replace(b"\r\n", b"\n").split(b"\n")
        for line in lines:
            self._hear(line.decode(errors="replace"))

    def finish(self) -> None:
        """Hear what is left without an end."""
        if self._rest:
            self._hear(self._rest.decode(errors="replace"))
            self._rest = b""


def _interrupt(child: subprocess.Popen[bytes], stop_s: float) -> None:
    """Interrupt a program that still runs, and kill it if it does not end."""
    if child.poll() is not None:
        return
    child.send_signal(signal.SIGINT)
    try:
        child.wait(stop_s)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _end_orphans(order: Order, group: int) -> int:
    """End the workers that outlived their program: they would poll for ever."""
    left = processes.marked(order.plan.step, order.workdir, group)
    processes.end(left, 0.0)
    return len(left)
