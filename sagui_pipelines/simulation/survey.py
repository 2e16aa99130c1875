"""Measures the cells cut from the terrain: areas, lengths, orders, sub-basins."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sagui_pipelines.errors import SettingsInvalid
from sagui_pipelines.simulation.basin import Basin
from sagui_pipelines.simulation.network import Network, build_network
from sagui_pipelines.simulation.terrain import KM_PER_DEGREE, Terrain, build_terrain

FEWEST_CELLS, MOST_CELLS = 40, 60_000
_TOP_ORDER = 20
_SHOWN_ORDER = 12
_SHOWN_SHARE = 0.25
_CELLS_PER_SUBBASIN = 45


def build_basin(cells: int, seed: int) -> tuple[Basin, Network, Terrain]:
    """Invent a basin of exactly `cells` cells; the same arguments give the same basin.

    Raises:
        SettingsInvalid: too few cells for eight rivers, or too many for the raster.
    """
    if not FEWEST_CELLS <= cells <= MOST_CELLS:
        raise SettingsInvalid(
            "number of cells",
            f"is {cells}, outside {FEWEST_CELLS} to {MOST_CELLS}",
            "Choose a number in between, 1000 by default (SAGUI_CELLS).",
        )
    terrain = build_terrain(cells, seed)
    network = build_network(terrain, cells)
    return _measured(network, terrain), network, terrain


def _measured(network: Network, terrain: Terrain) -> Basin:
    catchment = network.catchment.ravel()
    pixels = np.flatnonzero(catchment)
    cell = catchment[pixels] - 1
    lon, lat = terrain.lonlat(pixels)
    size = np.bincount(cell)
    downstream = network.downstream
    drained = network.drained_km2
    reach_km = np.array([_length_km(terrain, reach) for reach in network.reaches])
    tops, ends = (terrain.elevation_m.flat[[reach[i] for reach in network.reaches]] for i in (0, -1))
    return Basin(
        longitude=(np.bincount(cell, lon) / size).astype(np.float32).astype(np.float64),
        latitude=(np.bincount(cell, lat) / size).astype(np.float32).astype(np.float64),
        area_km2=drained - _inflow(drained, downstream),
        drained_km2=drained,
        downstream=downstream,
        river=_rivers(network, terrain),
        order=_orders(drained, downstream),
        sub=_subbasins(downstream),
        reach_km=reach_km,
        slope_m_km=np.maximum((tops - ends) / reach_km, 0.05),
        bank_m=ends,
        width_m=np.round(0.8 * drained**0.65, 1),
        depth_m=np.round(0.9 * drained**0.19, 2),
    )


def _inflow(values: NDArray[np.float64], downstream: NDArray[np.int32]) -> NDArray[np.float64]:
    inner = downstream >= 0
    return np.bincount(downstream[inner], values[inner], minlength=values.size).astype(np.float64)


def _length_km(terrain: Terrain, reach: NDArray[np.intp]) -> float:
    lon, lat = terrain.lonlat(reach)
    east = np.diff(lon) * np.cos(np.radians(lat[1:]))
    return float(np.hypot(east, np.diff(lat)).sum() * KM_PER_DEGREE)


def _rivers(network: Network, terrain: Terrain) -> NDArray[np.int32]:
    river = np.zeros(network.downstream.size, dtype=np.int32)
    river[network.catchment.flat[terrain.mouths] - 1] = np.arange(1, terrain.mouths.size + 1)
    for cell in range(river.size - 1, -1, -1):
        if network.downstream[cell] >= 0:
            river[cell] = river[network.downstream[cell]]
    return river


def _orders(drained: NDArray[np.float64], downstream: NDArray[np.int32]) -> NDArray[np.int32]:
    """Classes of drained area, growing downstream up to 20; headwaters are 1, a quarter of all cells 12 or more."""
    place = np.log(drained / drained.min()) / np.log(drained.max() / drained.min())
    wanted = (_SHOWN_ORDER - 1) / (_TOP_ORDER - 1)
    power = np.log(wanted) / np.log(np.quantile(place, 1.0 - _SHOWN_SHARE))
    order = 1 + np.floor((_TOP_ORDER - 1) * place**power + 1e-9).astype(np.int32)
    is_headwater = np.ones(order.size, dtype=bool)
    is_headwater[downstream[downstream >= 0]] = False
    return np.where(is_headwater, 1, np.maximum(order, 2)).astype(np.int32)


def _subbasins(downstream: NDArray[np.int32]) -> NDArray[np.int32]:
    """Group cells along the rivers: a group is closed at a mouth, or as soon as it holds about 45 cells."""
    cells = downstream.size
    full = min(_CELLS_PER_SUBBASIN, max(cells // 20, 2))
    held = np.ones(cells, dtype=np.int64)
    closes = downstream < 0
    for cell in range(cells):
        if held[cell] >= full:
            closes[cell] = True
        if not closes[cell]:
            held[downstream[cell]] += held[cell]
    sub = np.where(closes, np.cumsum(closes), 0).astype(np.int32)
    for cell in range(cells - 1, -1, -1):
        if not closes[cell]:
            sub[cell] = sub[downstream[cell]]
    return sub
