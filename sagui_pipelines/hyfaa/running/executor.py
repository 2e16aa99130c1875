"""What runs the program of a step: a process of this machine, or a container."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from sagui_pipelines.hyfaa.runner import Log
from sagui_pipelines.hyfaa.running.plan import StepPlan

API_KEY = "EODAG__HYDROWEB_NEXT__AUTH__CREDENTIALS__APIKEY"
"""Variable in which the altimetry step expects its key."""

Hear = Callable[[str], None]


@dataclass(frozen=True)
class Order:
    """One program to run.

    Attributes:
        plan: the step.
        workdir: HYFAA's working directory.
        current: current directory of the program, below the working directory.
        temporary: its temporary folder, below the working directory.
        arguments: of the program; those that are paths below the working directory stand as `Path`.
        secrets: variables that only the program may see, by name.
        rain_dir: folder outside the working directory that the program reads; None when it needs none.
        timeout_s: longest time [s].
        stop_s: time between interrupting and killing [s].
        flocks: descriptors that every process of the step must inherit.
    """

    plan: StepPlan
    workdir: Path
    current: Path
    temporary: Path
    arguments: tuple[str | Path, ...]
    timeout_s: float
    stop_s: float
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    rain_dir: Path | None = None
    flocks: tuple[int, ...] = ()


@dataclass(frozen=True)
class Ended:
    """How a program ended.

    Attributes:
        status: exit status, or minus the number of the signal that ended it.
        orphans: processes of the step that had outlived it, and were ended.
    """

    status: int
    orphans: int = 0


class Executor(Protocol):
    """Runs programs of steps, one after the other or several at once."""

    @property
    def name(self) -> str:
        """`process` or `docker`."""

    def check(self, plan: StepPlan) -> None:
        """Tell whether a step can be started at all.

        Raises:
            ProgramMissing, EngineUnavailable, ImageUnavailable: it cannot.
        """

    def execute(self, order: Order, hear: Hear) -> Ended:
        """Run a program to its end, whatever happens: none of its processes is left when this returns or raises.

        Args:
            order: what to run.
            hear: gets every line that it prints.

        Raises:
            StepTimedOut: it did not end in time.
            MemoryExceeded: it was killed for the memory that it used.
            EngineUnavailable: the Engine went away meanwhile.
        """

    def end_remains(self, plan: StepPlan, workdir: Path, stop_s: float, tell: Log) -> int:
        """End what is left of a step whose runner was killed; returns how many processes or containers there were."""

    def strangers(self, workdir: Path) -> list[str]:
        """Who else works in a working directory, one clause each."""
