"""Every setting of the pipelines, read from the environment once, typed and checked.

Names are the stable interface of the platform (README, `.env.example`).
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from sagui_pipelines.errors import SettingsInvalid


class Runner(StrEnum):
    """Who produces HYFAA's files."""

    SIMULATED = "simulated"
    PROCESS = "process"
    DOCKER = "docker"
    NONE = "none"


class Unmatched(StrEnum):
    """What to do with cells that lack a counterpart in another geography file."""

    REFUSE = "refuse"
    LEAVE_OUT = "leave_out"


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("is not a time zone of the tz database, such as America/Cayenne") from error
    return name


class Settings(BaseSettings):
    """Settings of one platform instance.

    Attributes:
        state_dir: folder that holds all state on disk (`.sagui`).
        hyfaa_runner: who produces HYFAA's files.
        hyfaa_workdir: HYFAA's working directory; by default the simulated basin's, below the state folder.
        hyfaa_ensemblist: whether the ensemble without altimetry is computed too; nothing reads it.
        hyfaa_forecast_days: length of the forecast [d].
        hyfaa_forecast_years: most past years whose rain drives the forecast.
        hyfaa_nprocs: model processes at a time in a step; None leaves what HYFAA's configuration says.
        hyfaa_gsmap_dir: folder of daily rain files to read in place of the rain service.
        hyfaa_api_key_file: file with the key of hydroweb.next.
        hyfaa_download_timeout_minutes: longest time of a step that fetches data [min].
        hyfaa_model_timeout_minutes: longest time of a step that computes [min].
        hyfaa_wait_minutes: longest time that a step waits for another to leave a store [min].
        hyfaa_stop_seconds: time between interrupting a step and killing it [s].
        hyfaa_keep_days: age at which HYFAA's leftovers, temporary files and logs are removed [d].
        hyfaa_image: runner docker: HYFAA's image.
        hyfaa_host_workdir: runner docker: the working directory as Docker's machine knows it, a path or a volume.
        hyfaa_user: runner docker: `uid:gid` of the containers' processes; empty: as this process.
        hyfaa_cpus: runner docker: processors that a step may use; 0: no limit.
        hyfaa_memory_gb: runner docker: memory that a step may use; 0: no limit [GB].
        hyfaa_network: runner docker: network of the containers.
        hyfaa_mounts: runner docker: further mounts, `source:target[:ro]`, separated by commas.
        geodata_dir: folder with drainage, mini and catchments as shapefiles or GeoPackages.
        stations_file: station list, xlsx or csv.
        reference_flow_file: reference flows, csv.
        geodata_unmatched: refuse a geography whose files do not match, or leave the unmatched cells out.
        cells: number of cells of the simulated basin.
        seed: seed of the simulated basin.
        history_start: first day (UTC) that exists as a partition.
        simulated_today_file: file with the simulated basin's "today", an ISO date; absent means the real day (UTC).
        daily_hour: local hour of the daily run.
        retry_seconds: pause before a step tries again what may pass by itself [s].
        load_retry_minutes: pause before the second attempt of a load that failed; doubles each time [min].
        daily_retry_minutes: the same for a daily run that failed [min].
        timezone: time zone of the daily, weekly and maintenance hours.
        retention_days: how long Dagster's events, runs and check results are kept; the newest of each stay.
        freshness_warn_slots: missing days of a series from which its check warns.
        freshness_fail_slots: missing days from which it fails.
        altimetry_silent_days: age of the newest satellite level from which its check warns [d].
        dagster_database_limit_mb: size of Dagster's own database above which its check fails [MB].
        pipelines_database_url: PostGIS, with the pipelines' role.
        purge_url: address at which Varnish accepts purges; empty when no cache runs.
        tileserv_url: address of the tile server itself, with its base path; empty: its tiles are not compared.
    """

    model_config = SettingsConfigDict(env_prefix="SAGUI_", env_ignore_empty=True, frozen=True)

    state_dir: Path = Path(".sagui")
    hyfaa_runner: Runner = Runner.SIMULATED
    hyfaa_workdir: Path | None = None
    hyfaa_ensemblist: bool = False
    hyfaa_forecast_days: int = Field(default=10, ge=1, le=60)
    hyfaa_forecast_years: int = Field(default=10, ge=1)
    hyfaa_nprocs: int | None = Field(default=None, ge=1)
    hyfaa_gsmap_dir: Path | None = None
    hyfaa_api_key_file: Path | None = None
    hyfaa_download_timeout_minutes: float = Field(default=60.0, gt=0)
    hyfaa_model_timeout_minutes: float = Field(default=600.0, gt=0)
    hyfaa_wait_minutes: float = Field(default=240.0, gt=0)
    hyfaa_stop_seconds: float = Field(default=30.0, gt=0)
    hyfaa_keep_days: float = Field(default=7.0, gt=0)
    hyfaa_image: str = "pigeosolutions/hyfaa-scheduler:4.0"
    hyfaa_host_workdir: str = ""
    hyfaa_user: str = Field(default="", pattern=r"^(\d+(:\d+)?)?$")
    hyfaa_cpus: float = Field(default=0.0, ge=0)
    hyfaa_memory_gb: float = Field(default=0.0, ge=0)
    hyfaa_network: str = "bridge"
    hyfaa_mounts: str = Field(default="", pattern=r"^([^:,]+:/[^:,]*(:ro)?(,|$))*$")
    geodata_dir: Path | None = None
    stations_file: Path | None = None
    reference_flow_file: Path | None = None
    geodata_unmatched: Unmatched = Unmatched.REFUSE
    cells: int = Field(default=1000, ge=50, le=60_000)
    seed: int = Field(default=973, ge=0)
    history_start: date = date(2017, 1, 1)
    simulated_today_file: Path | None = None
    daily_hour: int = Field(default=6, ge=0, le=23)
    retry_seconds: float = Field(default=20, ge=0)
    load_retry_minutes: float = Field(default=5, gt=0)
    daily_retry_minutes: float = Field(default=30, gt=0)
    timezone: Annotated[str, AfterValidator(_known_zone)] = "America/Cayenne"
    retention_days: int = Field(default=90, ge=1)
    freshness_warn_slots: int = Field(default=1, ge=1)
    freshness_fail_slots: int = Field(default=3, ge=1)
    altimetry_silent_days: int = Field(default=10, ge=1)
    dagster_database_limit_mb: int = Field(default=200, ge=50)
    pipelines_database_url: str = ""
    purge_url: str = ""
    tileserv_url: str = ""

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
