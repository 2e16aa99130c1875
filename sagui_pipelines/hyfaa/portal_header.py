"""The part of a portal file that is small: dimensions, times, flags. Read once and checked whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import netCDF4
import numpy as np
from numpy.typing import NDArray

from sagui_pipelines.errors import SourceInvalid, SourceNotReady
from sagui_pipelines.hydro import cnes

RUN_AGAIN = "Run HYFAA's postprocessing of this solution again."

_WAIT = "Wait for HYFAA's step to end and try again; if none is running, run its postprocessing again."
_STILL_WRITING = 1e30  # NetCDF's fill value of doubles, 9.97e36, stands where HYFAA has not written yet
_LATEST_JD = 1e5  # year 2223
_CALENDARS = ("gregorian", "standard", "proleptic_gregorian")
_QUANTITIES = {"water_elevation_catchment": "elevation", "streamflow_catchment": "flow"}
_STATISTICS = {"mean": "mean", "median": "median", "std": "stddev", "mad": "mad"}
# HYFAA says `cm` of elevations in metres; converted files say `m`.
_UNITS = {
    "streamflow_catchment": ("m3/s", "m^3/s", "m**3/s", "m3 s-1", "m3.s-1", "m^3 s^-1", "m3s-1"),
    "water_elevation_catchment": ("cm", "m", "metre", "metres", "meter", "meters"),
}
_REQUIRED = ("time", "time_added_to_hydb", "is_analysis", "streamflow_catchment_mean")


@dataclass(frozen=True)
class PortalHeader:
    """Everything of a portal file but its values; attributes as in `Portal`."""

    dates: NDArray[np.datetime64]
    time_added_jd: NDArray[np.float64]
    is_analysis: NDArray[np.bool_]
    n_cells: int
    n_ensemble: int
    years_used: tuple[int, ...] | None
    columns: dict[str, str]
    longitude: NDArray[np.float64]
    latitude: NDArray[np.float64]
    date_created: str | None


def read_header(dataset: netCDF4.Dataset, source: str, *, is_forecast: bool) -> PortalHeader:
    """Read and check the header.

    Args:
        dataset: the open file, automatic masking off.
        source: the name messages use.
        is_forecast: whether HYFAA appends `years_used` last.

    Raises:
        SourceNotReady: HYFAA has not finished writing the file.
        SourceInvalid: the file breaks the portal contract.
    """
    n_time, n_cells = (_size(dataset, source, name) for name in ("n_time", "n_cells"))
    for name in _REQUIRED:
        if name not in dataset.variables:
            raise SourceInvalid(source, f"has no variable {name}", RUN_AGAIN)
    columns = _columns(dataset)
    for name in ("time", "time_added_to_hydb", "is_analysis"):
        _check_shape(dataset, source, name, ("n_time",))
    for name in columns.values():
        _check_shape(dataset, source, name, ("n_time", "n_cells"))
        _check_unit(dataset, source, name)
    time_added_jd = _written_times(dataset, source, "time_added_to_hydb", n_time)
    n_ensemble = _n_ensemble(dataset)
    _check_statistics(columns, source, n_ensemble)
    dates = _dates(dataset, source, n_time)
    if is_forecast:
        _check_consecutive(dates, source)
    return PortalHeader(
        dates=dates,
        time_added_jd=time_added_jd,
        is_analysis=_flags(dataset, source),
        n_cells=n_cells,
        n_ensemble=n_ensemble,
        years_used=_years_used(dataset, source, n_ensemble, is_forecast=is_forecast),
        columns=columns,
        longitude=_degrees(dataset, "longitude", n_cells),
        latitude=_degrees(dataset, "latitude", n_cells),
        date_created=_text(dataset, "date_created"),
    )


def _size(dataset: netCDF4.Dataset, source: str, name: str) -> int:
    if name not in dataset.dimensions:
        raise SourceInvalid(source, f"has no dimension {name}", RUN_AGAIN)
    size = len(dataset.dimensions[name])
    if size < 1:
        raise SourceInvalid(source, f"dimension {name} has size 0", RUN_AGAIN)
    return size


def _columns(dataset: netCDF4.Dataset) -> dict[str, str]:
    # The variables decide, not the solution's name: a single member has no median, std or mad.
    names = {
        f"{quantity}_{statistic}": f"{prefix}_{suffix}"
        for suffix, statistic in _STATISTICS.items()
        for prefix, quantity in _QUANTITIES.items()
    }
    return {column: name for column, name in names.items() if name in dataset.variables}


def _check_shape(dataset: netCDF4.Dataset, source: str, name: str, dimensions: tuple[str, ...]) -> None:
    variable = dataset.variables[name]
    if variable.dimensions != dimensions:
        fact = f"variable {name} has the dimensions {variable.dimensions}, not {dimensions}"
        raise SourceInvalid(source, fact, RUN_AGAIN)
    if np.dtype(variable.dtype).kind not in "fiu":
        raise SourceInvalid(source, f"variable {name} has the type {variable.dtype}, not numbers", RUN_AGAIN)
    if {"scale_factor", "add_offset"} & set(variable.ncattrs()):
        raise SourceInvalid(source, f"variable {name} is packed, its values are not exact", RUN_AGAIN)


def _check_unit(dataset: netCDF4.Dataset, source: str, name: str) -> None:
    unit = _text(dataset.variables[name], "units")
    known = _UNITS[name.rpartition("_")[0]]
    if unit is not None and unit.strip() not in known:
        fact = f"variable {name} is in {unit}, not {known[0] if known[0] != 'cm' else 'm'}"
        raise SourceInvalid(source, fact, "Compute it in the usual unit, or convert it.")


def _check_statistics(columns: dict[str, str], source: str, n_ensemble: int) -> None:
    """An ensemble without its median would leave maps and API without flow."""
    if n_ensemble > 1 and "flow_median" not in columns:
        fact = f"has {n_ensemble} members and no variable streamflow_catchment_median"
        raise SourceInvalid(source, fact, RUN_AGAIN)


def _check_consecutive(dates: NDArray[np.datetime64], source: str) -> None:
    steps = np.diff(dates).astype(np.int64)
    if (steps != 1).any():
        at = int((steps != 1).argmax())
        fact = f"the forecast jumps from {dates[at]} to {dates[at + 1]}"
        raise SourceInvalid(source, fact, "Run HYFAA's forecast step again.")


def _degrees(dataset: netCDF4.Dataset, name: str, n_cells: int) -> NDArray[np.float64]:
    variable = dataset.variables.get(name)
    if variable is None or variable.dimensions != ("n_cells",) or np.dtype(variable.dtype).kind != "f":
        return np.full(n_cells, np.nan)
    values = np.asarray(variable[:], dtype=np.float64)
    values[~(np.abs(values) < _STILL_WRITING)] = np.nan
    return values


def _written_times(dataset: netCDF4.Dataset, source: str, name: str, n_time: int) -> NDArray[np.float64]:
    units = _text(dataset.variables[name], "units")
    if units is not None and not units.startswith("days since 1950-01-01"):
        raise SourceInvalid(source, f"variable {name} counts {units}, not days since 1950-01-01", RUN_AGAIN)
    calendar = _text(dataset.variables[name], "calendar")
    if calendar is not None and calendar not in _CALENDARS:
        raise SourceInvalid(source, f"variable {name} uses the calendar {calendar}", RUN_AGAIN)
    values = np.asarray(dataset.variables[name][:], dtype=np.float64)
    unwritten = ~(np.abs(values) < _STILL_WRITING)
    if unwritten.any():
        count, first = int(unwritten.sum()), int(unwritten.argmax())
        fact = f"{name} is not written yet for {count} of {n_time} days, first at position {first}"
        raise SourceNotReady(source, fact, _WAIT)
    beyond = (values <= 0.0) | (values > _LATEST_JD)
    if beyond.any():
        fact = f"{name} holds {values[beyond][0]}, which is no day between 1950 and 2223"
        raise SourceInvalid(source, fact, RUN_AGAIN)
    return values


def _dates(dataset: netCDF4.Dataset, source: str, n_time: int) -> NDArray[np.datetime64]:
    try:
        dates = cnes.to_dates(_written_times(dataset, source, "time", n_time))
    except ValueError as error:
        raise SourceInvalid(source, f"time: {error}", RUN_AGAIN) from error
    steps = np.diff(dates).astype(np.int64)
    if (steps <= 0).any():
        at = int((steps <= 0).argmax())
        fact = (
            f"time holds {dates[at]} twice"
            if steps[at] == 0
            else f"time goes back from {dates[at]} to {dates[at + 1]}"
        )
        raise SourceInvalid(source, fact, RUN_AGAIN)
    return dates


def _flags(dataset: netCDF4.Dataset, source: str) -> NDArray[np.bool_]:
    flags = np.asarray(dataset.variables["is_analysis"][:])
    wrong = (flags != 0) & (flags != 1)
    if wrong.any():
        raise SourceInvalid(source, f"is_analysis holds {flags[wrong][0]}, neither 0 nor 1", RUN_AGAIN)
    return flags.astype(np.bool_)


def _n_ensemble(dataset: netCDF4.Dataset) -> int:
    if "n_ensemble" in dataset.dimensions:
        return len(dataset.dimensions["n_ensemble"])
    return int(dataset.getncattr("n_ensemble")) if "n_ensemble" in dataset.ncattrs() else 1


def _years_used(
    dataset: netCDF4.Dataset, source: str, n_ensemble: int, *, is_forecast: bool
) -> tuple[int, ...] | None:
    if "years_used" in dataset.variables:
        years = tuple(int(year) for year in dataset.variables["years_used"][:])
        if len(set(years)) != len(years):
            fact = f"years_used names a year twice: {', '.join(map(str, years))}"
            raise SourceInvalid(source, fact, "Run HYFAA's forecast step again.")
        if len(years) != n_ensemble:
            fact = f"years_used names {len(years)} years for {n_ensemble} members"
            raise SourceInvalid(source, fact, "Run HYFAA's forecast step again.")
        return years
    # HYFAA writes date_created first and years_used last; files converted from elsewhere have neither.
    if is_forecast and "date_created" in dataset.ncattrs():
        fact = "years_used is not there yet, and HYFAA writes it last"
        raise SourceNotReady(
            source, fact, "Wait for HYFAA's forecast step to end; if none is running, run it."
        )
    return None


def _text(holder: Any, attribute: str) -> str | None:
    return str(holder.getncattr(attribute)) if attribute in holder.ncattrs() else None
