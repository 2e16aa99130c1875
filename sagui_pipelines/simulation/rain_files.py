"""The on-mesh rain store: one file per day and its SQLite catalogue, as HYFAA's forcing step leaves them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import netCDF4
import numpy as np
from numpy.typing import NDArray

from sagui_pipelines.errors import DayNotAvailable, SourceCorrupt, WorkspaceUnwritable
from sagui_pipelines.simulation.catalogues import RAIN_TABLE, create_catalogue
from sagui_pipelines.simulation.files import writing_in
from sagui_pipelines.simulation.weather import Days

_STAMP = "%Y%m%dT%H%M%S%f"


@dataclass(frozen=True)
class RainFiles:
    """The store below a folder `forcing_onmesh_db`.

    Attributes:
        folder: the store.
        seed: decides the seconds at which files are added, and the random part of their names.
    """

    folder: Path
    seed: int

    @property
    def catalogue(self) -> Path:
        """The SQLite file."""
        return self.folder / "database_manager.sql"

    def create(self) -> None:
        """Make an empty store unless it is there."""
        (self.folder / "data_store").mkdir(parents=True, exist_ok=True)
        create_catalogue(self.catalogue, RAIN_TABLE)

    def held(self) -> dict[np.datetime64, Path]:
        """Days in the catalogue and their files."""
        with closing(sqlite3.connect(self.catalogue)) as connection:
            rows = connection.execute("SELECT date_data, file_path FROM FILEINFO WHERE file_status = 'added'")
            return {np.datetime64(day[:10]): self.folder / "data_store" / name for day, name in rows}

    def add(self, days: Days, rain_mm: NDArray[np.float32]) -> None:
        """Add consecutive days, rain of shape (days, cells) [mm/day]: first the files, then their rows at once."""
        rows = []
        with writing_in(self.folder / ".part") as aside:
            for day, rain in zip(days, rain_mm, strict=True):
                start = datetime.fromisoformat(str(day))
                added, number = self._added(day, start)
                name = f"DATA_{start.strftime(_STAMP)}_{added.strftime(_STAMP)}_{number:04d}.nc"
                _write(aside / name, rain)
                (aside / name).replace(self.folder / "data_store" / name)
                stamps = [moment.isoformat(timespec="milliseconds") for moment in (start, added)]
                rows.append((name, "rain", *stamps, "None", "analysis", "added", "complete"))
        try:
            with closing(sqlite3.connect(self.catalogue)) as connection, connection:
                connection.executemany("INSERT INTO FILEINFO VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        except sqlite3.OperationalError as error:
            raise WorkspaceUnwritable(
                self.catalogue,
                f"cannot be written: {error}",
                "Free space, or end the process that holds the file.",
            ) from error

    def read(self, days: Days) -> NDArray[np.float64]:
        """Rain of some days, shape (days, cells) [mm/day].

        Raises:
            DayNotAvailable: the catalogue lacks a day.
            SourceCorrupt: a file of the catalogue cannot be read.
        """
        held = self.held()
        missing = [str(day) for day in days if day not in held]
        if missing:
            raise DayNotAvailable(
                self.catalogue,
                f"lacks the rain of {missing[0]}",
                "Remove the folder of the simulated basin; the next run writes it again.",
            )
        return np.array([_read(held[day]) for day in days])

    def _added(self, day: np.datetime64, start: datetime) -> tuple[datetime, int]:
        rng = np.random.default_rng([self.seed, 7, int(day.astype(int)) + 1_000_000])
        seconds, micros, number = (int(rng.integers(top)) for top in (240, 1_000_000, 9999))
        return start + timedelta(days=1, hours=6, minutes=2, seconds=seconds, microseconds=micros), number


def _write(path: Path, rain_mm: NDArray[np.float32]) -> None:
    with netCDF4.Dataset(path, "w") as out:
        out.createDimension("n_meshes", rain_mm.size)
        out.createVariable("rain", "f4", ("n_meshes",), zlib=True, complevel=4, shuffle=True)[:] = rain_mm


def _read(path: Path) -> NDArray[np.float64]:
    try:
        with netCDF4.Dataset(path) as stored:
            stored.set_auto_mask(False)
            return np.asarray(stored["rain"][:], dtype=np.float64)
    except OSError as error:
        raise SourceCorrupt(
            path,
            f"cannot be read: {error}",
            "Remove the folder of the simulated basin; the next run writes it again.",
        ) from error
