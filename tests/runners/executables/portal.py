"""The stand-ins' portal file: written by the package that simulates the basin, then damaged as asked."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import standin

from sagui_pipelines.simulation.portal_file import Header, Rows, column_names, write_portal

_STATISTICS = {
    "mean": lambda values: values.mean(axis=1),
    "median": lambda values: np.median(values, axis=1),
    "std": lambda values: values.std(axis=1),
    "mad": lambda values: (
        np.median(np.abs(values - np.median(values, axis=1, keepdims=True)), axis=1) / 0.67449
    ),
}


def write_portal_in_place(
    path: Path,
    *,
    days: np.ndarray,
    added: list[datetime],
    is_analysis: np.ndarray,
    values: list[list[dict[str, np.ndarray]]],
    created: datetime,
    years: tuple[int, ...],
    wish: str,
) -> None:
    """Statistics of `values`, by day and member, into a portal file; `wish` leaves it damaged, and says nothing of it."""
    epoch = datetime.fromisoformat("1950-01-01")
    added_jd = np.array([(moment - epoch).total_seconds() / 86_400 for moment in added])
    longitude, latitude = standin.cells()
    members = len(values[0])
    batch: dict[str, Any] = {}
    for name in column_names(members):
        quantity, statistic = name.rsplit("_", 1)
        stacked = np.array([[member[quantity] for member in day] for day in values])
        batch[name] = np.round(_STATISTICS[statistic](stacked), 3)
    header = Header(longitude, latitude, members, f"{created:%Y-%m-%dT%H:%M:%S}", years)
    path.unlink(missing_ok=True)
    write_portal(path, header, Rows(days, added_jd, is_analysis), 0, [batch])
    content = path.read_bytes()
    if wish == "truncated":
        path.write_bytes(content[: len(content) // 2])
    if wish == "empty":
        path.write_bytes(b"")
    if wish == "unwritten":
        with netCDF4.Dataset(path, "a") as out:
            out["time_added_to_hydb"][-3:] = netCDF4.default_fillvals["f8"]
