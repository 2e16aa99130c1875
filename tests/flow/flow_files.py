"""Small portal files with given values, and the table read back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
from numpy.typing import NDArray

from sagui_pipelines.hyfaa.portal import Portal

FILL = 9.969209968386869e36
VARIABLES = {
    f"{column}_{short}": f"{variable}_{long}"
    for column, variable in (("elevation", "water_elevation_catchment"), ("flow", "streamflow_catchment"))
    for short, long in (("mean", "mean"), ("median", "median"), ("stddev", "std"), ("mad", "mad"))
}


def days(first: str, last: str) -> NDArray[np.datetime64]:
    """All days from first to last, both included."""
    return np.arange(np.datetime64(first), np.datetime64(last) + 1)


def jd(dates: NDArray[np.datetime64], hour: float = 6.1) -> NDArray[np.float64]:
    """CNES julian days of an hour of these days."""
    return (dates - np.datetime64("1950-01-01")).astype(np.float64) + hour / 24


def series(
    dates: NDArray[np.datetime64], n_cells: int, *, ensemble: bool = True, seed: int = 1
) -> dict[str, Any]:
    """Values of every column, rounded as HYFAA does, with some missing; the statistics of a cell fit together."""
    random = np.random.default_rng(seed)
    shape = (dates.size, n_cells)
    size = np.geomspace(5, 500, n_cells)  # rivers differ, and stay what they are
    columns = {}
    for quantity in ("elevation", "flow"):
        mean, std = size * random.gamma(9, 0.1, shape), random.gamma(2, 5, shape)
        columns[f"{quantity}_mean"] = mean
        if ensemble:
            columns[f"{quantity}_median"] = mean + std * random.uniform(-0.9, 0.9, shape)
            columns[f"{quantity}_stddev"] = std
            columns[f"{quantity}_mad"] = std * random.uniform(0, 2, shape)
        missing = random.random(shape) < 0.02
        for name in [name for name in columns if name.startswith(quantity)]:
            columns[name] = np.where(missing, np.nan, np.round(columns[name], 3))
    for name in ("elevation_mad", "flow_mad") if ensemble else ():
        columns[name][random.random(shape) < 0.02] = np.nan
    return columns


def write_portal(
    path: Path,
    dates: NDArray[np.datetime64],
    columns: Mapping[str, NDArray[np.float64]],
    *,
    added_jd: NDArray[np.float64] | None = None,
    is_analysis: NDArray[Any] | int = 0,
    n_ensemble: int = 20,
    years_used: bool = False,
) -> Path:
    """Write a portal file; NaN in `*_mad` stays NaN, elsewhere it is the fill value, as HYFAA writes it."""
    n_cells = next(iter(columns.values())).shape[1]
    with netCDF4.Dataset(path, "w") as dataset:
        for name, size in (("n_time", dates.size), ("n_cells", n_cells), ("n_ensemble", n_ensemble)):
            dataset.createDimension(name, size)
        dataset.createVariable("time", "f8", ("n_time",))[:] = jd(dates, 0)
        dataset.createVariable("time_added_to_hydb", "f8", ("n_time",))[:] = (
            jd(dates) if added_jd is None else added_jd
        )
        dataset.createVariable("is_analysis", "u1", ("n_time",))[:] = is_analysis
        if years_used:
            dataset.createVariable("years_used", "i4", ("n_ensemble",))[:] = 2024 - np.arange(n_ensemble)
        for name, values in columns.items():
            variable = dataset.createVariable(VARIABLES[name], "f8", ("n_time", "n_cells"), zlib=True)
            variable[:] = values if name.endswith("_mad") else np.where(np.isnan(values), FILL, values)
    return path


def open_portal(path: Path) -> Portal:
    """Open a file written by `write_portal`."""
    return Portal(path)


def read_table(
    database: Any, table: str, column: str, dates: NDArray[np.datetime64], n_cells: int
) -> NDArray[Any]:
    """One column of a table as (n_days, n_cells), NaN for NULL; the bits are the server's."""
    out = np.full((dates.size, n_cells), np.nan)
    place = {day: index for index, day in enumerate(dates.tolist())}
    for cell, day, value in database.query(f"SELECT cell_id, date, {column} FROM guyane.{table}"):
        if day in place:
            out[place[day], cell - 1] = np.nan if value is None else value
    return out


def same_bits(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    """Equal bit for bit, NaN anywhere being NaN."""
    missing = np.isnan(one)
    return bool(
        (missing == np.isnan(other)).all()
        and (one.view(np.int64)[~missing] == other.view(np.int64)[~missing]).all()
    )
