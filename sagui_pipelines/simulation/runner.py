"""The simulated basin as a runner: one call brings every file up to today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from sagui_pipelines.hyfaa.runner import Log, Step


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

    def run(self, step: Step, log: Log) -> None:
        """Simulate one step up to today, with the steps before it where a new day began since they ran."""
        from sagui_pipelines.simulation.basin_run import simulate  # noqa: PLC0415  (needs the optional `simulation` packages)

        log(f"step {step.value} of the simulated basin")
        simulate(
            self.folder,
            cells=self.cells,
            seed=self.seed,
            start=self.start,
            until=self.until or datetime.now(UTC).date(),
            progress=log,
            steps=tuple(Step)[: tuple(Step).index(step) + 1],
        )

    def prepare_geodata(self, log: Log) -> None:
        """Write geography, stations and reference flows unless they are there."""
        from sagui_pipelines.simulation.basin_run import write_geography  # noqa: PLC0415

        write_geography(self.folder, cells=self.cells, seed=self.seed, progress=log)
