"""What assets are given: where inputs lie, who runs the model, the database, the cache."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from pathlib import Path

import dagster as dg
import sqlalchemy as sa

from sagui_pipelines.errors import SettingsInvalid
from sagui_pipelines.hyfaa.execution import Execution
from sagui_pipelines.hyfaa.runner import HyfaaRunner, NoRunner
from sagui_pipelines.hyfaa.workspace import check_state_dir
from sagui_pipelines.postgis.engine import create_engine
from sagui_pipelines.settings import Runner, Settings, Unmatched
from sagui_pipelines.simulation.runner import SimulatedRunner


class Inputs(dg.ConfigurableResource[None]):
    """Folders and files of one platform instance, and who produces them."""

    state_dir: str
    workdir: str
    geodata_dir: str
    stations_file: str
    reference_flow_file: str
    refuse_unmatched: bool
    runner: str
    cells: int
    seed: int
    history_start: str
    simulated_today_file: str = ""
    execution: Execution = Execution()

    @classmethod
    def from_settings(cls, settings: Settings) -> Inputs:
        """Take everything from the settings."""
        return cls(
            state_dir=str(settings.state_dir.resolve()),
            workdir=str(settings.workdir.resolve()),
            geodata_dir=str(settings.geodata.resolve()),
            stations_file=str(settings.stations.resolve()),
            reference_flow_file=str(settings.reference_flow.resolve()),
            refuse_unmatched=settings.geodata_unmatched is Unmatched.REFUSE,
            runner=settings.hyfaa_runner.value,
            cells=settings.cells,
            seed=settings.seed,
            history_start=settings.history_start.isoformat(),
            simulated_today_file=str(settings.simulated_today_file or ""),
            execution=Execution.from_settings(settings),
        )

    @property
    def snapshot_dir(self) -> Path:
        """Verified copies of HYFAA's files; the folder is checked to be writable."""
        state_dir = Path(self.state_dir)
        check_state_dir(state_dir)
        return state_dir / "snapshots"

    def model(self) -> HyfaaRunner:
        """The runner that the settings name."""
        if Runner(self.runner) is Runner.SIMULATED:
            return SimulatedRunner(
                folder=Path(self.state_dir) / "simulation",
                cells=self.cells,
                seed=self.seed,
                start=date.fromisoformat(self.history_start),
                until=self._simulated_today(),
            )
        if Runner(self.runner) is Runner.NONE:
            return NoRunner()
        return self.execution.runner(Path(self.workdir).resolve(), Runner(self.runner))

    def _simulated_today(self) -> date | None:
        if not self.simulated_today_file:
            return None
        path = Path(self.simulated_today_file)
        try:
            return date.fromisoformat(path.read_text(encoding="utf-8").strip())
        except (OSError, ValueError) as error:
            raise SettingsInvalid(
                "SAGUI_SIMULATED_TODAY_FILE",
                f"names {path}, which does not hold a day ({error})",
                "Write one as YYYY-MM-DD, or leave the variable out.",
            ) from error


class Postgis(dg.ConfigurableResource[None]):
    """The platform's database, with the pipelines' role."""

    url: str

    @cached_property
    def engine(self) -> sa.Engine:
        """Connections, made at first use."""
        return create_engine(self.url)


class TileCache(dg.ConfigurableResource[None]):
    """The cache in front of the tile server; no address means that none runs."""

    purge_url: str = ""


class TileServer(dg.ConfigurableResource[None]):
    """The tile server itself, behind the cache; no address means that published tiles are not looked at."""

    url: str = ""
