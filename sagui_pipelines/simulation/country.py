"""Writes everything of a simulated basin that does not depend on the period: land, rivers, stations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from sagui_pipelines.hyfaa.running.catalogue import OBSERVATIONS_TABLE
from sagui_pipelines.hyfaa.running.plan import ASSIMILATION_DATABASE
from sagui_pipelines.hyfaa.solutions import STATIC_DATA
from sagui_pipelines.simulation.basin import Basin
from sagui_pipelines.simulation.catalogues import create_catalogue
from sagui_pipelines.simulation.geodata import write_geodata
from sagui_pipelines.simulation.model import Model
from sagui_pipelines.simulation.static_data import write_static_data
from sagui_pipelines.simulation.stations import (
    climatology,
    place_stations,
    write_reference_flow,
    write_stations,
)
from sagui_pipelines.simulation.survey import build_basin
from sagui_pipelines.simulation.weather import Weather


def write_country(folder: Path, cells: int, seed: int, progress: Callable[[str], None]) -> Basin:
    """Invent a basin and write its geodata, static data, stations and reference flows below `folder`.

    Raises:
        SettingsInvalid: an impossible number of cells.
        WorkspaceUnwritable: the folder cannot be written.
    """
    basin, network, terrain = build_basin(cells, seed)
    progress(f"terrain: {basin.cells} cells, {terrain.mouths.size} rivers, {basin.area_km2.sum():,.0f} km2")
    write_geodata(basin, network, terrain, folder / "geodata")
    progress("shapefiles: drainage, mini, catchments")
    write_static_data(folder / "hyfaa" / STATIC_DATA, basin)
    create_catalogue(folder / "hyfaa" / ASSIMILATION_DATABASE, OBSERVATIONS_TABLE)
    stations = place_stations(basin)
    places = np.array([station.cell - 1 for station in stations])
    days, flow = climatology(basin, Model(basin, seed), Weather(seed), places)
    write_stations(folder / "stations.xlsx", basin, stations, flow)
    write_reference_flow(folder / "reference_flow.csv", stations, days, flow)
    progress(f"stations: {len(stations)}; thresholds and reference flows from {days.size:,} simulated days")
    return basin
