"""What the operator decided: `.env` and the environment, and what an earlier demo chose for good."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from dotenv import dotenv_values

from tools.native.errors import LaunchError
from tools.native.layout import ROOT

_PATHS = (
    "SAGUI_HYFAA_WORKDIR",
    "SAGUI_GEODATA_DIR",
    "SAGUI_STATIONS_FILE",
    "SAGUI_REFERENCE_FLOW_FILE",
    "SAGUI_PATH_TO_ATMO_FILES",
    "SAGUI_ATMO_ZONES_FILE",
    "SAGUI_ALARM_SMTP_PASSWORD_FILE",
    "SAGUI_ALARM_SMTP_CA_FILE",
    "SAGUI_ALARM_WEBHOOK_SECRET_FILE",
)
_PREFIXES = ("SAGUI_", "PG_TILESERV")
_YEARS_OF_HISTORY = 3
# What makes the simulated basin what it is; data of another basin cannot be mixed in.
_BASIN = {"SAGUI_CELLS": "1000", "SAGUI_SEED": "973", "SAGUI_HISTORY_START": ""}


@dataclass(frozen=True)
class Settings:
    """The operator's decisions.

    Attributes:
        values: every `SAGUI_*` variable given, paths absolute.
    """

    values: Mapping[str, str]

    def get(self, name: str, default: str = "") -> str:
        """One value; empty counts as not given."""
        return self.values.get(name) or default

    @property
    def port_offset(self) -> int:
        """Number added to every port."""
        text = self.get("SAGUI_PORT_OFFSET", "0")
        if not text.isdigit():
            raise LaunchError(f"SAGUI_PORT_OFFSET is {text!r}.", "Set it to a whole number, for example 100.")
        return int(text)

    @property
    def is_simulated(self) -> bool:
        """True when the platform makes its own basin."""
        return self.get("SAGUI_HYFAA_RUNNER", "simulated") == "simulated"


def read(environ: Mapping[str, str] | None = None, root: Path = ROOT) -> Settings:
    """Read `.env`, then the environment, which wins. Relative paths are taken from the project folder."""
    given = {name: value or "" for name, value in dotenv_values(root / ".env").items()}
    given |= os.environ if environ is None else environ
    values = {name: value for name, value in given.items() if name.startswith(_PREFIXES) and value}
    for name in _PATHS:
        if name in values:
            values[name] = str(root / Path(values[name]).expanduser())
    return Settings(values)


def with_basin(settings: Settings, state_dir: Path, today: date | None = None) -> Settings:
    """Add the simulated basin's size, seed and first day: chosen once, kept as long as the data exist.

    Raises:
        LaunchError: another basin is asked for than the one whose data are in `state_dir`.
    """
    if not settings.is_simulated:
        return settings
    path = state_dir / "basin.json"
    kept = json.loads(path.read_text()) if path.exists() else {}
    for name, value in kept.items():
        wanted = settings.get(name, value)
        if wanted != value:
            raise LaunchError(
                f"{name} is {wanted}, but the data in {state_dir} were made with {value}.",
                f"Leave {name} out, or remove the data with `make clean` first.",
            )
    basin = {name: settings.get(name, kept.get(name, default)) for name, default in _BASIN.items()}
    basin["SAGUI_HISTORY_START"] = basin["SAGUI_HISTORY_START"] or _years_before(
        today or datetime.now(UTC).date(), _YEARS_OF_HISTORY
    )
    path.write_text(json.dumps(basin, indent=1) + "\n")
    return Settings({**settings.values, **basin})


def _years_before(day: date, years: int) -> str:
    # 29 February has no counterpart three years earlier.
    return day.replace(year=day.year - years, day=min(day.day, 28)).isoformat()
