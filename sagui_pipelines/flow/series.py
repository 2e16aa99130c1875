"""Which values of a portal file go to which columns, and which of them is the flow of the series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sagui_pipelines.hyfaa.portal import Portal
from sagui_pipelines.hyfaa.solutions import Solution

SCHEMA = "guyane"
ARCHIVE = "hyfaa_data_forecast_archive"

_COMPUTED = ("flow_expected", "flow_anomaly")
_QUANTITIES = ("elevation_", "flow_")


def table_name(solution: Solution) -> str:
    """Table of a solution, without schema."""
    return f"hyfaa_data_{solution.value}"


def value_columns(columns: Sequence[str]) -> tuple[str, ...]:
    """Those of a table's columns that hold values of the portal file."""
    return tuple(name for name in columns if name.startswith(_QUANTITIES) and name not in _COMPUTED)


def flow_column(solution: Solution) -> str:
    """The column that is shown, and from which expected flow and anomaly are computed."""
    return "flow_mean" if solution is Solution.MGBSTANDARD else "flow_median"


def read_value(portal: Portal, name: str, start: int, stop: int) -> NDArray[np.float64]:
    """Read a column of some days, (stop - start, n_cells), flow [m3/s] or elevation [m].

    A single-member file has means only: the median of one member is that member, its spread is 0.
    A column that an ensemble file lacks is NaN.
    """
    if name in portal.columns:
        return portal.read(name, start, stop)
    quantity, statistic = name.split("_")
    mean = f"{quantity}_mean"
    if mean not in portal.columns or f"{quantity}_median" in portal.columns:
        return np.full((stop - start, portal.n_cells), np.nan)
    only_member = portal.read(mean, start, stop)
    return only_member if statistic == "median" else only_member * 0.0


def any_value(values: Mapping[str, NDArray[np.float64]]) -> NDArray[np.bool_]:
    """Where at least one column has a value."""
    columns = iter(values.values())
    found: NDArray[np.bool_] = ~np.isnan(next(columns))
    for column in columns:
        found |= ~np.isnan(column)
    return found
