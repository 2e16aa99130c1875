"""Who computes HYFAA's files, behind one small interface: assets are the same in every mode."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Step(StrEnum):
    """One step of the model run, in HYFAA's order."""

    FORCING = "forcing"
    ALTIMETRY = "altimetry"
    MGBSTANDARD_PROCESSING = "mgbstandard_processing"
    MGBSTANDARD_POSTPROCESSING = "mgbstandard_postprocessing"
    ENSEMBLIST_PROCESSING = "ensemblist_processing"
    ENSEMBLIST_POSTPROCESSING = "ensemblist_postprocessing"
    ASSIMILATED_PROCESSING = "assimilated_processing"
    ASSIMILATED_POSTPROCESSING = "assimilated_postprocessing"
    FORECAST = "forecast"


@dataclass(frozen=True)
class Progress:
    """How far a step is.

    Attributes:
        done: model days, or percent, that are done.
        total: of how many.
        unit: `day` or `percent`.
        seconds_left: at the pace so far; None when nothing is known of it.
    """

    done: int
    total: int
    unit: str
    seconds_left: float | None


@dataclass(frozen=True)
class StepReport:
    """What a step did.

    Attributes:
        facts: what people want to know of it, by a short name: figures and sentences.
        repairs: what was put right before it began, one sentence each.
    """

    facts: dict[str, str | int | float] = field(default_factory=dict)
    repairs: tuple[str, ...] = ()


Log = Callable[[str], None]


class Teller(Protocol):
    """Who is told what a step does while it does it."""

    def say(self, line: str) -> None:
        """A sentence for people."""

    def raw(self, line: str) -> None:
        """A line that HYFAA printed; secrets are blotted out."""

    def progress(self, progress: Progress) -> None:
        """How far it is; a few times in a step."""


@dataclass(frozen=True)
class PlainTeller:
    """Tells sentences and progress as lines, and keeps HYFAA's own lines to itself.

    Attributes:
        log: gets the lines.
    """

    log: Log

    def say(self, line: str) -> None:
        """Pass a sentence on."""
        self.log(line)

    def raw(self, line: str) -> None:
        """Drop a line of HYFAA's."""

    def progress(self, progress: Progress) -> None:
        """Make a line of it."""
        self.log(f"{progress.unit} {progress.done} of {progress.total}")


class HyfaaRunner(Protocol):
    """Brings HYFAA's working directory up to date."""

    def run(self, step: Step, tell: Teller) -> StepReport:
        """Compute one step; a step that has nothing to do returns at once.

        Raises:
            SaguiError: the step failed; its message says what to do.
        """

    def prepare_geodata(self, log: Log) -> None:
        """Make the geography, station and reference-flow files, where this runner makes them at all."""


class NoRunner:
    """Files arrive from elsewhere; there is nothing to run."""

    def run(self, step: Step, tell: Teller) -> StepReport:
        """Say so, and leave the files to whoever writes them."""
        tell.say(f"step {step.value}: files are delivered from outside")
        return StepReport()

    def prepare_geodata(self, log: Log) -> None:
        """Say so."""
        log("geography: files are delivered from outside")
