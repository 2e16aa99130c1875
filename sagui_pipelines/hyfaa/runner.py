"""Who computes HYFAA's files, behind one small interface: assets are the same in every mode."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol


class Step(StrEnum):
    """One step of the model run, in HYFAA's order."""

    FORCING = "forcing"
    MGBSTANDARD = "mgbstandard"
    ASSIMILATED = "assimilated"
    FORECAST = "forecast"


Log = Callable[[str], None]


class HyfaaRunner(Protocol):
    """Brings HYFAA's working directory up to date."""

    def run(self, step: Step, log: Log) -> None:
        """Compute one step; a step that has nothing to do returns at once.

        Raises:
            SaguiError: the step failed; its message says what to do.
        """

    def prepare_geodata(self, log: Log) -> None:
        """Make the geography, station and reference-flow files, where this runner makes them at all."""


class NoRunner:
    """Files arrive from elsewhere; there is nothing to run."""

    def run(self, step: Step, log: Log) -> None:
        """Say so, and leave the files to whoever writes them."""
        log(f"step {step.value}: files are delivered from outside")

    def prepare_geodata(self, log: Log) -> None:
        """Say so."""
        log("geography: files are delivered from outside")
