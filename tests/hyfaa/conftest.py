"""One small builder of valid HYFAA files, which tests then damage."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from numpy.typing import NDArray

from sagui_pipelines.hydro import cnes
from sagui_pipelines.hyfaa.solutions import FILES, FORCING_ONMESH, Solution

CELLS = 5
FIRST_DAY = np.datetime64("2026-01-02")


@dataclass
class Builder:
    """Writes files as HYFAA writes them, below `workdir`.

    Attributes:
        workdir: HYFAA's working directory.
    """

    workdir: Path
    _added: datetime = field(default=datetime(2026, 3, 1, 6, 15, 32, 123456), init=False)  # noqa: DTZ001

    def path(self, solution: Solution = Solution.MGBSTANDARD) -> Path:
        """Where a solution's portal lies."""
        return self.workdir / FILES[solution].portal

    def lock(self, solution: Solution = Solution.MGBSTANDARD) -> Path:
        """Lock a solution as a running step does."""
        lock = self.workdir / FILES[solution].lock
        lock.parent.mkdir(parents=True, exist_ok=True)
        lock.write_bytes(b"copy of the database")
        return lock

    def flow(self, n_time: int = 20, n_cells: int = CELLS, seed: int = 0) -> NDArray[np.float64]:
        """Plausible flows [m3/s], rounded as HYFAA rounds."""
        return np.round(np.random.default_rng(seed).lognormal(3.0, 1.0, (n_time, n_cells)), 3)

    def portal(
        self,
        solution: Solution = Solution.MGBSTANDARD,
        *,
        flow: NDArray[np.float64] | None = None,
        first_day: np.datetime64 = FIRST_DAY,
        n_ensemble: int | None = None,
        years_used: bool = True,
        compressed: bool = True,
    ) -> Path:
        """Write a complete portal file."""
        is_forecast = solution is Solution.FORECAST
        members = n_ensemble or (1 if solution is Solution.MGBSTANDARD else 4)
        values = self.flow() if flow is None else flow
        path = self.path(solution)
        path.parent.mkdir(parents=True, exist_ok=True)
        with netCDF4.Dataset(path, "w") as dataset:
            dataset.date_created = "2026-03-01T06:15:32"
            dataset.setncattr("n_ensemble", np.int64(members))
            for name, size in zip(("n_time", "n_cells", "n_ensemble"), (*values.shape, members), strict=True):
                dataset.createDimension(name, size)
            self._times(dataset, first_day + np.arange(values.shape[0]))
            statistics = ("mean",) if members == 1 else ("mean", "median", "std", "mad")
            for k, statistic in enumerate(statistics):
                for prefix, unit in (("water_elevation_catchment", "cm"), ("streamflow_catchment", "m^3/s")):
                    variable = dataset.createVariable(
                        f"{prefix}_{statistic}", "f8", ("n_time", "n_cells"), zlib=compressed, shuffle=False
                    )
                    variable.units = unit
                    # The spread is wide enough for a median that is half the mean.
                    variable[:] = np.round(values / (1, 2, 1.5, 4)[k], 3)
            if is_forecast and years_used:
                self.append_years(dataset)
        return path

    def append_years(self, dataset: netCDF4.Dataset) -> None:
        """Write what HYFAA's forecast step writes last."""
        members = len(dataset.dimensions["n_ensemble"])
        years = dataset.createVariable("years_used", "i4", ("n_ensemble",))
        years[:] = 2025 - np.arange(members)

    def _times(self, dataset: netCDF4.Dataset, dates: NDArray[np.datetime64]) -> None:
        for name in ("time", "time_added_to_hydb"):
            variable = dataset.createVariable(name, "f8", ("n_time",))
            variable.units = "days since 1950-01-01 00:00:00.0"
            variable.calendar = "gregorian"
        dataset["time"][:] = cnes.to_jd(dates)
        dataset["time_added_to_hydb"][:] = 27818.260788 + np.arange(dates.size) / 1e5
        flags = dataset.createVariable("is_analysis", "u1", ("n_time",))
        flags.units = "0,1"
        flags[:] = 0

    @property
    def rain_folder(self) -> Path:
        """HYFAA's rain store."""
        return self.workdir / FORCING_ONMESH

    @property
    def rain_database(self) -> Path:
        """SQLite catalogue of the rain store."""
        return self.rain_folder / "database_manager.sql"

    def rain(
        self,
        day: date,
        values: Sequence[float] | NDArray[np.float32] = (0.0, 1.5, 20.0, 3.25, 0.0),
        *,
        product_type: str = "analysis",
        grid_status: str = "complete",
        status: str = "added",
        with_file: bool = True,
        with_row: bool = True,
    ) -> str:
        """Add one day of rain; return the file name."""
        self.rain_store()
        self._added += timedelta(minutes=1)
        stamp = f"{self._added:%Y%m%dT%H%M%S%f}"
        name = f"DATA_{day:%Y%m%d}T000000000000_{stamp}_{self._added.minute:04d}.nc"
        if with_file:
            with netCDF4.Dataset(self.rain_folder / "data_store" / name, "w") as dataset:
                dataset.createDimension("n_meshes", len(values))
                variable = dataset.createVariable("rain", "f4", ("n_meshes",), zlib=True)
                variable[:] = np.asarray(values, dtype=np.float32)
        if with_row:
            added = self._added.isoformat(timespec="milliseconds")
            date_data = f"{day}T00:00:00.000"
            row = (name, "rain", date_data, added, "None", product_type, status, grid_status)
            self.rain_sql("INSERT INTO FILEINFO VALUES (?,?,?,?,?,?,?,?)", *row)
        return name

    def rain_store(self) -> Path:
        """Make an empty rain store where there is none."""
        if not self.rain_database.exists():
            (self.rain_folder / "data_store").mkdir(parents=True)
            self.rain_sql(
                "CREATE TABLE FILEINFO(file_path str, data_type str, date_data str, date_added_to_db str, "
                "date_created str, product_type str, file_status str, grid_status str)"
            )
        return self.rain_folder

    def rain_sql(self, sql: str, *parameters: object) -> None:
        """Run one statement on the catalogue, as HYFAA would."""
        with closing(sqlite3.connect(self.rain_database)) as connection, connection:
            connection.execute(sql, parameters)


@pytest.fixture
def hyfaa(tmp_path: Path) -> Builder:
    """Builder of an empty HYFAA working directory."""
    workdir = tmp_path / "hyfaa with space"
    workdir.mkdir()
    return Builder(workdir)


@pytest.fixture
def snapshots(tmp_path: Path) -> Path:
    """Folder for snapshots; it does not exist yet."""
    return tmp_path / "state" / "snapshots"
