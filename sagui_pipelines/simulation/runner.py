"""The simulated basin as a runner: one call brings every file up to today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from sagui_pipelines.hyfaa.runner import Log, Step, StepReport, Teller
from sagui_pipelines.hyfaa.step_errors import StepFailed

# Steps that are simulated with a step, so that it never stands on yesterday's files.
_MGBSTANDARD = (Step.FORCING, Step.MGBSTANDARD_PROCESSING, Step.MGBSTANDARD_POSTPROCESSING)
_ASSIMILATED = (Step.FORCING, Step.ASSIMILATED_PROCESSING, Step.ASSIMILATED_POSTPROCESSING)
_BEFORE = {
    Step.ALTIMETRY: (*_MGBSTANDARD, Step.ALTIMETRY),  # satellites look at the river that is simulated
    **dict.fromkeys(_MGBSTANDARD[1:], _MGBSTANDARD),
    **dict.fromkeys(_ASSIMILATED[1:], _ASSIMILATED),
    Step.FORECAST: (*_MGBSTANDARD, Step.FORECAST),
}


@dataclass(frozen=True)
class SimulatedRunner:
    """Simulates weather and flow up to today.

    Attributes:
        folder: folder of the basin.
        cells: number of cells.
        seed: seed of terrain and weather.
        start: first day of rain.
        until: newest flow day; None means today (UTC).
    """

    folder: Path
    cells: int
    seed: int
    start: date
    until: date | None = None

    def run(self, step: Step, tell: Teller) -> StepReport:
        """Simulate one step up to today, with the steps before it where a new day began since they ran.

        Raises:
            StepFailed: the file `failures/<step>.fail` in the folder asks for it; its text is told.
        """
        from sagui_pipelines.simulation.basin_run import simulate  # noqa: PLC0415  (needs the optional `simulation` packages)

        tell.say(f"step {step.value} of the simulated basin")
        wish = self.folder / "failures" / f"{step.value}.fail"
        if wish.exists():
            text = wish.read_text(encoding="utf-8").strip() or "fails on purpose"
            raise StepFailed(
                f"simulated {step.value}", text, f"Remove {wish}, then materialize this asset again."
            )
        report = simulate(
            self.folder,
            cells=self.cells,
            seed=self.seed,
            start=self.start,
            until=self.until or datetime.now(UTC).date(),
            progress=tell.say,
            steps=_BEFORE.get(step, (step,)),
        )
        return StepReport({"simulated_until": str(report.until), "days_written": report.flow_days})

    def prepare_geodata(self, log: Log) -> None:
        """Write geography, stations and reference flows unless they are there."""
        from sagui_pipelines.simulation.basin_run import write_geography  # noqa: PLC0415

        write_geography(self.folder, cells=self.cells, seed=self.seed, progress=log)
