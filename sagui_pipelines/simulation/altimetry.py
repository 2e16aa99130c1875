"""Invented satellite altimetry: virtual stations on the larger rivers, and the discharges that their levels tell."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import netCDF4
import numpy as np
from numpy.typing import NDArray

from sagui_pipelines.errors import SourceCorrupt, WorkspaceUnwritable
from sagui_pipelines.hydro import cnes
from sagui_pipelines.hyfaa.running.catalogue import OBSERVATIONS_TABLE
from sagui_pipelines.hyfaa.running.plan import ASSIMILATION_DATABASE
from sagui_pipelines.hyfaa.solutions import FILES, Solution
from sagui_pipelines.simulation.basin import Basin
from sagui_pipelines.simulation.catalogues import create_catalogue
from sagui_pipelines.simulation.ensemble import analysed
from sagui_pipelines.simulation.model import Levels
from sagui_pipelines.simulation.portal_file import FLOW

UNCERTAINTY_RATIO = 0.15
_MOST_STATIONS, _CELLS_A_STATION = 16, 12
_SEEN_SHARE = 0.25
_NOISE = 0.05
_LARGE_RIVER_KM2 = 500.0


@dataclass(frozen=True)
class VirtualStation:
    """A place where satellites see the river: discharge = a (level - z0)^b.

    Attributes:
        name: name, as the altimetry service would call it.
        cell: cell number.
        longitude, latitude: place [degrees].
        a, b, z0_m: rating curve [m3/s, -, m].
    """

    name: str
    cell: int
    longitude: float
    latitude: float
    a: float
    b: float
    z0_m: float


def virtual_stations(basin: Basin, seed: int) -> tuple[VirtualStation, ...]:
    """Choose cells of the larger rivers; the same basin and seed give the same stations."""
    large = np.flatnonzero(
        basin.drained_km2 >= min(_LARGE_RIVER_KM2, float(np.quantile(basin.drained_km2, 0.7)))
    )
    number = min(_MOST_STATIONS, max(1, basin.cells // _CELLS_A_STATION), large.size)
    cells = np.sort(np.random.default_rng([seed, 11]).choice(large, number, replace=False))
    curves = Levels(basin).rating(cells)
    return tuple(
        VirtualStation(
            name=f"R_DEMO_DEMO_KM{cell + 1:05d}",
            cell=int(cell) + 1,
            longitude=float(basin.longitude[cell]),
            latitude=float(basin.latitude[cell]),
            a=round(float(a), 4),
            b=2.0,
            z0_m=round(float(z0), 3),
        )
        for cell, a, z0 in zip(cells, *curves, strict=True)
    )


def observe(workdir: Path, basin: Basin, seed: int, until: np.datetime64) -> int:
    """Add the observations that have arrived by `until`; returns their number.

    Raises:
        SourceCorrupt: the portal of mgbstandard, whose flow is what satellites see, cannot be read.
        WorkspaceUnwritable: the database cannot be written.
    """
    database = workdir / ASSIMILATION_DATABASE
    create_catalogue(database, OBSERVATIONS_TABLE)
    stations = virtual_stations(basin, seed)
    cells = np.array([station.cell - 1 for station in stations])
    try:
        with closing(sqlite3.connect(database)) as connection, connection:
            known = {
                str(day)[:10] for (day,) in connection.execute("SELECT DISTINCT date_data FROM FILEINFO")
            }
            days, flow = _seen(workdir / FILES[Solution.MGBSTANDARD].portal, cells, seed, until, known)
            rows = [
                row
                for day, values in zip(days, flow, strict=True)
                for row in _rows(stations, day, values, seed, until)
            ]
            connection.executemany("INSERT INTO FILEINFO VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    except sqlite3.OperationalError as error:
        raise WorkspaceUnwritable(
            database, f"cannot be written: {error}", "Free space, or end the process that holds the file."
        ) from error
    return len(rows)


def _seen(
    portal: Path, cells: NDArray[np.intp], seed: int, until: np.datetime64, known: set[str]
) -> tuple[NDArray[np.datetime64], NDArray[np.float64]]:
    """Days that satellites passed and that are not stored yet, and the flow at their stations [m3/s]."""
    try:
        with netCDF4.Dataset(portal) as dataset:
            days = cnes.to_dates(dataset["time"][:].filled())
            wanted = analysed(days, seed, until) & ~np.isin(days, np.array(sorted(known), "datetime64[D]"))
            first = int(np.argmax(wanted)) if wanted.any() else days.size
            flow = np.asarray(dataset[FLOW + "_mean"][first:])[:, cells]
    except OSError as error:
        raise SourceCorrupt(
            portal, f"cannot be read: {error}", "Remove it; the next run computes the series from the start."
        ) from error
    return days[wanted], flow[wanted[first:]]


def _rows(
    stations: tuple[VirtualStation, ...],
    day: np.datetime64,
    flow: NDArray[np.float64],
    seed: int,
    until: np.datetime64,
) -> list[tuple[object, ...]]:
    """Rows of one day, at least one, in HYFAA's columns."""
    rng = np.random.default_rng([seed, 12, int(day.astype(int)) + 1_000_000])
    passed = rng.random(len(stations)) < _SEEN_SHARE
    passed[rng.integers(len(stations))] = True
    minutes = rng.integers(0, 1440, len(stations))
    values = np.round(np.maximum(flow, 0.0) * np.exp(_NOISE * rng.standard_normal(len(stations))), 3)
    added = f"{until.astype('datetime64[D]')}T06:05:00.000"
    return [
        (
            station.cell,
            float(value),
            round(float(value) * UNCERTAINTY_RATIO, 3),
            f"{day}T{minute // 60:02d}:{minute % 60:02d}:00.000",
            None,
            None,
            added,
            station.name,
            None,
        )
        for station, seen, minute, value in zip(stations, passed, minutes, values, strict=True)
        if seen
    ]
