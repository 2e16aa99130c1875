"""Every setting of the pipelines, read from the environment once, typed and checked.

Names are the stable interface of the platform (README, `.env.example`).
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from sagui_pipelines.errors import SettingsInvalid


class Runner(StrEnum):
    """Who produces HYFAA's files."""

    SIMULATED = "simulated"
    NONE = "none"


class Unmatched(StrEnum):
    """What to do with cells that lack a counterpart in another geography file."""

    REFUSE = "refuse"
    LEAVE_OUT = "leave_out"


class Settings(BaseSettings):
    """Settings of one platform instance.

    Attributes:
        state_dir: folder that holds all state on disk (`.sagui`).
        hyfaa_runner: who produces HYFAA's files.
        hyfaa_workdir: HYFAA's working directory; by default the simulated basin's, below the state folder.
        geodata_dir: folder with drainage, mini and catchments as shapefiles or GeoPackages.
        stations_file: station list, xlsx or csv.
        reference_flow_file: reference flows, csv.
        geodata_unmatched: refuse a geography whose files do not match, or leave the unmatched cells out.
        cells: number of cells of the simulated basin.
        seed: seed of the simulated basin.
        history_start: first day (UTC) that exists as a partition.
        pipelines_database_url: PostGIS, with the pipelines' role.
        purge_url: address at which Varnish accepts purges; empty when no cache runs.
    """

    model_config = SettingsConfigDict(env_prefix="SAGUI_", env_ignore_empty=True, frozen=True)

    state_dir: Path = Path(".sagui")
    hyfaa_runner: Runner = Runner.SIMULATED
    hyfaa_workdir: Path | None = None
    geodata_dir: Path | None = None
    stations_file: Path | None = None
    reference_flow_file: Path | None = None
    geodata_unmatched: Unmatched = Unmatched.REFUSE
    cells: int = Field(default=1000, ge=50, le=60_000)
    seed: int = Field(default=973, ge=0)
    history_start: date = date(2017, 1, 1)
    pipelines_database_url: str = ""
    purge_url: str = ""

    @cached_property
    def simulation_dir(self) -> Path:
        """Folder of the simulated basin."""
        return self.state_dir / "simulation"

    @cached_property
    def workdir(self) -> Path:
        """HYFAA's working directory in force."""
        return self.hyfaa_workdir or self.simulation_dir / "hyfaa"

    @cached_property
    def _companions(self) -> Path:
        """Where geography, stations and reference flows lie unless a setting says otherwise."""
        return self.simulation_dir if self.hyfaa_runner is Runner.SIMULATED else self.workdir

    @cached_property
    def geodata(self) -> Path:
        """Folder of the geography files in force."""
        return self.geodata_dir or self._companions / "geodata"

    @cached_property
    def stations(self) -> Path:
        """Station list in force."""
        return self.stations_file or self._companions / "stations.xlsx"

    @cached_property
    def reference_flow(self) -> Path:
        """Reference flows in force."""
        return self.reference_flow_file or self._companions / "reference_flow.csv"

    @cached_property
    def snapshot_dir(self) -> Path:
        """Verified copies of HYFAA's files."""
        return self.state_dir / "snapshots"

    def require_database_url(self) -> str:
        """Return the database address, or say which variable is missing."""
        if not self.pipelines_database_url:
            raise SettingsInvalid(
                "SAGUI_PIPELINES_DATABASE_URL",
                "is not set",
                "Set it to postgresql://user:password@host:port/sagui, or run `make demo`, which does.",
            )
        return self.pipelines_database_url


def load_settings() -> Settings:
    """Read the settings from the environment; a wrong value names its variable."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "_".join(str(part) for part in first["loc"]).upper()
        variable = name if name.startswith("SAGUI_") else f"SAGUI_{name}"
        raise SettingsInvalid(
            variable,
            f"has the value {first['input']!r}: {first['msg']}",
            "Correct it; `.env.example` lists every setting.",
        ) from error
