"""HYFAA's `static_data.nc`: mesh and model parameters, every variable that MGB requires."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
from numpy.typing import ArrayLike, NDArray

from sagui_pipelines.simulation.basin import Basin
from sagui_pipelines.simulation.files import replacing

_SOILS = ("deep ferralsol", "shallow ferralsol", "swamp", "open water")
_REGIONS = 1
_FLOOD_POINTS = 20
_MONTHS = ("n_months_year", 12)
_VEGETATION = {"albedo": 0.15, "leaf_area_index": 4.0, "trees_height": 10.0, "superficial_resistance": 80.0}
_SOIL_PARAMETERS = {
    "max_water_capacity": 300.0,
    "arno_model_b": 0.3,
    "groundwater_flow_coefficient": 1.5,
    "subsurface_flow_coefficient": 4.0,
    "arno_model_lambda": 0.67,
    "capillarity_depth": 0.0,
    "capillarity_limit": 0.1,
}
_ROUTING = {"cs": 15.0, "ci": 90.0, "cb": 1200.0, "qesp": 0.01}
_CLIMATE = {
    "temperature": (26.0, 0.8),
    "relative_humidity": (82.0, -4.0),
    "sunshine": (45.0, 12.0),
    "wind_speed": (1.5, 0.2),
    "pressure": (100.0, 0.1),
}


def write_static_data(path: Path, basin: Basin) -> None:
    """Write the file that the model and HYFAA's steps read first."""
    with replacing(path) as new, netCDF4.Dataset(new, "w") as out:
        basins = int(basin.river.max())
        sizes = {
            "n_cells": basin.cells,
            "n_basins": basins,
            "n_soil_types": len(_SOILS),
            "n_regions": _REGIONS,
        }
        first, second, width_m = _faces(basin)
        sizes |= {"n_faces": first.size, "n_flood_plain_points_max": _FLOOD_POINTS, _MONTHS[0]: _MONTHS[1]}
        for name, size in sizes.items():
            out.createDimension(name, size)
        _write_cells(out, basin)
        _write_parameters(out, basins)
        _write_climate(out, basin.cells)
        _write_flood_plain(out, basin)
        _put(out, "face_adjacent_cell_1", first, ("n_faces",), "i4")
        _put(out, "face_adjacent_cell_2", second, ("n_faces",), "i4")
        _put(out, "face_dx", width_m, ("n_faces",), "f8")
        out.soil_types = ", ".join(_SOILS)


def _put(
    out: netCDF4.Dataset, name: str, values: ArrayLike, dimensions: tuple[str, ...], kind: str = "f4"
) -> None:
    out.createVariable(name, kind, dimensions, zlib=True)[:] = np.asarray(values)


def _write_cells(out: netCDF4.Dataset, basin: Basin) -> None:
    longest_km = np.maximum(basin.reach_km, 1.6 * np.sqrt(basin.area_km2))
    floats: dict[str, ArrayLike] = {
        "longitude_center": basin.longitude,
        "latitude_center": basin.latitude,
        "cell_area": basin.area_km2,
        "total_drained_area": basin.drained_km2,
        "main_river_length": np.maximum(basin.reach_km, 2.0),
        "main_river_slope": basin.slope_m_km,
        "longest_river_length": longest_km,
        "longest_river_slope": 2.0 * basin.slope_m_km,
        "river_width": basin.width_m,
        "manning_coefficient": np.full(basin.cells, 0.035),
    }
    integers: dict[str, ArrayLike] = {
        "cell_basin_id": basin.river,
        "cell_region_id": np.ones(basin.cells),
        "cell_id_upstream": np.where(basin.downstream < 0, -1, basin.downstream + 1),
        "hydrological_order": basin.order,
        "hydrodynamic_module": np.ones(basin.cells),
    }
    for name, values in floats.items():
        _put(out, name, values, ("n_cells",))
    for name, numbers in integers.items():
        _put(out, name, numbers, ("n_cells",), "i4")
    _put(out, "river_depth", basin.depth_m, ("n_cells",), "f8")
    place = np.arange(basin.cells) / basin.cells
    deep, shallow = np.round([55.0 + 20.0 * np.sin(9.0 * place), 25.0 - 10.0 * np.sin(9.0 * place)])
    swamp = np.full(basin.cells, 10.0)
    cover = [deep, shallow, swamp, 100.0 - deep - shallow - swamp]
    _put(out, "hydrological_response_unit_coefficients", cover, ("n_soil_types", "n_cells"))


def _write_parameters(out: netCDF4.Dataset, basins: int) -> None:
    for name, value in _VEGETATION.items():
        shape = (_MONTHS[1], len(_SOILS), _REGIONS)
        _put(out, f"{name}_climatology", np.full(shape, value), (_MONTHS[0], "n_soil_types", "n_regions"))
    for name, value in _SOIL_PARAMETERS.items():
        _put(
            out,
            f"calibration_soil_{name}",
            np.full((len(_SOILS), basins), value),
            ("n_soil_types", "n_basins"),
        )
    for name, value in _ROUTING.items():
        _put(out, f"calibration_routing_{name}", np.full(basins, value), ("n_basins",))


def _write_climate(out: netCDF4.Dataset, cells: int) -> None:
    season = np.cos(2 * np.pi * (np.arange(12) - 9) / 12)
    for name, (mean, swing) in _CLIMATE.items():
        values = np.repeat((mean + swing * season)[:, None], cells, axis=1)
        _put(out, f"{name}_climatology", values, (_MONTHS[0], "n_cells"))


def _write_flood_plain(out: netCDF4.Dataset, basin: Basin) -> None:
    """One point per metre above the lowest altitude, flooding the whole cell at the top."""
    steps = np.arange(1, _FLOOD_POINTS + 1)
    dimensions = ("n_cells", "n_flood_plain_points_max")
    _put(out, "flood_plain_points_number", np.full(basin.cells, _FLOOD_POINTS), ("n_cells",), "i4")
    _put(out, "flood_plain_points_lowest_altitude", basin.bank_m, ("n_cells",), "f8")
    _put(out, "flood_plain_points_altitude", basin.bank_m[:, None] + steps, dimensions, "f8")
    flooded = basin.area_km2[:, None] * (steps / _FLOOD_POINTS) ** 1.5
    _put(out, "flood_plain_points_area_flooded", flooded, dimensions, "f8")


def _faces(basin: Basin) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
    """Neighbours on the flat coast that exchange water: cells of river order whose bank lies within a metre."""
    upper = np.flatnonzero(basin.downstream >= 0)
    lower = basin.downstream[upper]
    flat = np.flatnonzero(basin.bank_m[upper] - basin.bank_m[lower] < 1.0)
    flat = flat if flat.size else np.array([0])
    return (
        (upper[flat] + 1).astype(np.int32),
        (lower[flat] + 1).astype(np.int32),
        basin.width_m[upper[flat]],
    )
