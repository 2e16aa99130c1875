"""A small rain store in HYFAA's own format."""

from __future__ import annotations

import sqlite3
from datetime import date
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
from numpy.typing import NDArray

from sagui_pipelines.hyfaa.rain_store import RainStore


class Store:
    """A folder that days of rain can be added to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "data_store").mkdir(parents=True)
        self._execute(
            "CREATE TABLE FILEINFO(file_path str, data_type str, date_data str, date_added_to_db str, "
            "date_created str, product_type str, file_status str, grid_status str)"
        )

    @property
    def store(self) -> RainStore:
        """The reader of the platform."""
        return RainStore(self.folder)

    def add(
        self,
        day: str,
        rain: NDArray[Any],
        *,
        added: str = "2024-01-01T06:00:00.123",
        grid_status: str = "complete",
        product_type: str = "analysis",
    ) -> Path:
        """Add a file and its row."""
        stamp = added.replace("-", "").replace(":", "").replace(".", "") + "000"
        name = f"DATA_{day.replace('-', '')}T000000000000_{stamp}_0001.nc"
        path = self.folder / "data_store" / name
        with netCDF4.Dataset(path, "w") as dataset:
            dataset.createDimension("n_meshes", rain.size)
            dataset.createVariable("rain", "f4", ("n_meshes",), zlib=True)[:] = rain
        row = (name, "rain", f"{day}T00:00:00.000", added, "None", product_type, "added", grid_status)
        self._execute("INSERT INTO FILEINFO VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        return path

    def remove(self, day: str) -> None:
        """Take the rows of a day out of the catalogue."""
        self._execute("DELETE FROM FILEINFO WHERE date_data = ?", (f"{day}T00:00:00.000",))

    def _execute(self, statement: str, parameters: tuple[Any, ...] = ()) -> None:
        connection = sqlite3.connect(self.folder / "database_manager.sql")
        with connection:
            connection.execute(statement, parameters)
        connection.close()


def table(database: Any) -> dict[date, dict[int, float]]:
    """Content of the rain table by day and cell."""
    content: dict[date, dict[int, float]] = {}
    for cell, day, rain in database.query("SELECT cell_id, date, rain FROM guyane.sagui_rainfall"):
        content.setdefault(day, {})[cell] = rain
    return content


def as_rows(rain: NDArray[np.float32]) -> dict[int, float]:
    """What the table should hold for one day."""
    return {cell + 1: float(value) for cell, value in enumerate(rain) if not np.isnan(value)}
