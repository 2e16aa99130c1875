"""What the watchdog looks at, and how patient it is: read from the environment once, typed and checked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AliasChoices, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from sagui_pipelines.errors import SettingsInvalid

_PREFIX = "SAGUI_WATCHDOG_"


def _shared(name: str, default: str = "") -> str:
    """A variable of the platform, which `SAGUI_WATCHDOG_<NAME>` overrides."""
    alias = AliasChoices(f"{_PREFIX}{name}", f"SAGUI_{name}")
    value: str = Field(default=default, validation_alias=alias)
    return value


class WatchdogSettings(BaseSettings):
    """Settings of the watchdog, each from `SAGUI_WATCHDOG_<NAME>`; addresses also from `SAGUI_<NAME>`.

    Attributes:
        edge_url: address of the cache, as readers reach it; empty = not looked at.
        dagster_url: address of the Dagster webserver; empty = not looked at.
        backend_url: address of the backend; asked for the age of the data where no database address is given.
        pipelines_database_url: the platform's database; empty = not looked at.
        dagster_database_url: Dagster's own database; empty = heartbeats are asked of the webserver only.
        tile: path of the tile that is fetched.
        disks: folders whose disks are looked at; by default that of the state folder.
        disk_free_percent: free share below which a disk counts as nearly full [%].
        silence_s: age of a heartbeat from which on the daemon counts as silent [s].
        patience_s: how long anything else may be down before people are told [s].
        calm_s: how long it must be well before the all-clear [s].
        interval_s: time from one round to the next [s].
        ping_url: fetched after each round, for a service elsewhere that alarms when the watchdog itself is silent.
        state_dir: folder of the platform's state; the watchdog keeps its own below it.
    """

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, env_ignore_empty=True, frozen=True, populate_by_name=True
    )

    edge_url: str = _shared("EDGE_URL")
    dagster_url: str = _shared("DAGSTER_URL")
    backend_url: str = _shared("BACKEND_URL")
    pipelines_database_url: str = _shared("PIPELINES_DATABASE_URL")
    dagster_database_url: str = _shared("DAGSTER_DATABASE_URL")
    tile: str = "/tiles/guyane.hyfaa_data_aggregated_geo/5/11/15.pbf"
    disks: Annotated[tuple[Path, ...], NoDecode] = ()
    disk_free_percent: float = Field(default=10, ge=0, le=100)
    silence_s: float = Field(default=600, gt=0)
    patience_s: float = Field(default=180, ge=0)
    calm_s: float = Field(default=120, ge=0)
    interval_s: float = Field(default=60, gt=0)
    ping_url: str = Field(default="", pattern=r"^(https?://\S+)?$")
    state_dir: Path = Field(default=Path(".sagui"), validation_alias="SAGUI_STATE_DIR")

    @field_validator("disks", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @property
    def folder(self) -> Path:
        """Where the watchdog remembers what it told."""
        return self.state_dir / "watchdog"

    @property
    def watched_disks(self) -> tuple[Path, ...]:
        """Folders whose disks are looked at."""
        return self.disks or (self.state_dir,)


def load_watchdog_settings() -> WatchdogSettings:
    """Read the settings from the environment; a wrong value names its variable.

    Raises:
        SettingsInvalid: a value makes no sense.
    """
    try:
        return WatchdogSettings()
    except ValidationError as error:
        first = error.errors()[0]
        place = "_".join(str(part) for part in first["loc"][:1]).upper()
        variable = place if place.startswith("SAGUI_") else f"{_PREFIX}{place}"
        raise SettingsInvalid(
            variable,
            f"has the value {first['input']!r}: {first['msg']}",
            "Correct it; `docs/alarms.md` describes every setting.",
        ) from error
