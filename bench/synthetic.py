"""Portal files and a rain store of any size, made at once: plausible numbers without a model, for benchmarks."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import netCDF4
import numpy as np
from numpy.typing import NDArray

EPOCH = np.datetime64("1950-01-01", "D")
STATISTICS = ("mean", "median", "std", "mad")
_QUANTITIES = ("water_elevation_catchment", "streamflow_catchment")
_BAND_DAYS = 200


def flows(dates: NDArray[np.datetime64], n_cells: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Flow (n_days, n_cells) [m3/s] with a season and a size per cell, rounded to 3 decimals as HYFAA does."""
    size = np.linspace(0.5, 3000, n_cells)
    season = 1.2 + np.sin(2 * np.pi * (dates - EPOCH).astype(int) / 365.25)
    noise = np.exp(0.3 * random.standard_normal((dates.size, n_cells)))
    return np.round(season[:, None] * size * noise, 3)


def _statistic(name: str, flow: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values of a variable of a portal file: flow [m3/s], or water level [m] from it."""
    quantity, _, statistic = name.rpartition("_")
    of_level = quantity.startswith("water")
    value = 20 + 3 * np.log10(1 + flow) if of_level else flow
    spread = np.full_like(flow, 0.2) if of_level else 0.1 * flow
    return np.round(
        {"mean": value, "median": value - 0.2 * spread, "std": spread, "mad": 0.9 * spread}[statistic], 3
    )


def write_portal(
    path: Path,
    dates: NDArray[np.datetime64],
    n_cells: int,
    *,
    added_jd: NDArray[np.float64],
    ensemble: bool = True,
    seed: int = 1,
    years_used: int = 0,
) -> Path:
    """Write a portal file as HYFAA's postprocessing leaves it: default chunks, deflate 4, no fill value.

    Args:
        path: where to.
        dates: days, datetime64[D].
        n_cells: number of cells.
        added_jd: `time_added_to_hydb` of each day.
        ensemble: with median, std and mad, or the mean alone.
        seed: same seed, same values.
        years_used: number of past years of a forecast; 0 for other solutions.
    """
    with netCDF4.Dataset(path, "w") as dataset:
        dataset.createDimension("n_time", dates.size)
        dataset.createDimension("n_cells", n_cells)
        dataset.createDimension("n_ensemble", years_used or (20 if ensemble else 1))
        dataset.createVariable("time", "f8", ("n_time",))[:] = (dates - EPOCH).astype(float)
        dataset.createVariable("time_added_to_hydb", "f8", ("n_time",))[:] = added_jd
        dataset.createVariable("is_analysis", "u1", ("n_time",))[:] = 0
        for name in ("longitude", "latitude"):
            dataset.createVariable(name, "f8", ("n_cells",))[:] = 0.0
        if years_used:
            dataset.createVariable("years_used", "i4", ("n_ensemble",))[:] = np.arange(
                2020, 2020 - years_used, -1
            )
        names = [f"{quantity}_{statistic}" for quantity in _QUANTITIES for statistic in STATISTICS]
        for name in names if ensemble else [f"{quantity}_mean" for quantity in _QUANTITIES]:
            variable = dataset.createVariable(
                name, "f8", ("n_time", "n_cells"), zlib=True, complevel=4, shuffle=False
            )
            # A band per write: each is compressed once.
            variable.set_var_chunk_cache(256 * 2**20)
            for start in range(0, dates.size, _BAND_DAYS):
                # The same members behind each statistic: they fit together, as checks demand.
                random = np.random.default_rng([seed, start])
                flow = flows(dates[start : start + _BAND_DAYS], n_cells, random)
                variable[start : start + _BAND_DAYS] = _statistic(name, flow)
    return path


def write_rain_store(folder: Path, dates: NDArray[np.datetime64], n_cells: int, *, seed: int = 1) -> Path:
    """Write an on-mesh rain store: catalogue and one file per day."""
    random = np.random.default_rng(seed)
    data = folder / "data_store"
    data.mkdir(parents=True)
    rows = []
    for day in dates:
        text = str(day)
        name = f"DATA_{text.replace('-', '')}T000000000000_{text.replace('-', '')}T235959000000_0001.nc"
        with netCDF4.Dataset(data / name, "w") as dataset:
            dataset.createDimension("n_meshes", n_cells)
            variable = dataset.createVariable("rain", "f4", ("n_meshes",), zlib=True, complevel=4)
            variable[:] = random.gamma(0.4, 15, n_cells)
        added = f"{text}T23:59:59.000"
        rows.append((name, "rain", f"{text}T00:00:00.000", added, "None", "analysis", "added", "complete"))
    with sqlite3.connect(folder / "database_manager.sql") as connection:
        connection.execute(
            "CREATE TABLE FILEINFO(file_path str, data_type str, date_data str, date_added_to_db str, "
            "date_created str, product_type str, file_status str, grid_status str)"
        )
        connection.executemany("INSERT INTO FILEINFO VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    connection.close()
    return folder
