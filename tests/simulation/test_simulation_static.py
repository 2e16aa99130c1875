"""static_data.nc: every required variable, within the model's structural constraints."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import netCDF4
import numpy as np
import pytest

CELL, SOIL, FLOOD = ("n_cells",), ("n_soil_types", "n_basins"), ("n_cells", "n_flood_plain_points_max")
SEASON = ("n_months_year", "n_soil_types", "n_regions")
REQUIRED: dict[str, tuple[str, tuple[str, ...]]] = {
    **dict.fromkeys(
        [
            "longitude_center",
            "latitude_center",
            "cell_area",
            "total_drained_area",
            "main_river_length",
            "main_river_slope",
            "longest_river_length",
            "longest_river_slope",
            "river_width",
            "manning_coefficient",
        ],
        ("f4", CELL),
    ),
    **dict.fromkeys(
        [
            "cell_basin_id",
            "cell_region_id",
            "cell_id_upstream",
            "hydrological_order",
            "hydrodynamic_module",
            "flood_plain_points_number",
        ],
        ("i4", CELL),
    ),
    **dict.fromkeys(("river_depth", "flood_plain_points_lowest_altitude"), ("f8", CELL)),
    "hydrological_response_unit_coefficients": ("f4", ("n_soil_types", "n_cells")),
    **{
        f"{name}_climatology": ("f4", SEASON)
        for name in ("albedo", "leaf_area_index", "trees_height", "superficial_resistance")
    },
    **{
        f"calibration_soil_{name}": ("f4", SOIL)
        for name in [
            "max_water_capacity",
            "arno_model_b",
            "groundwater_flow_coefficient",
            "subsurface_flow_coefficient",
            "arno_model_lambda",
            "capillarity_depth",
            "capillarity_limit",
        ]
    },
    **{f"calibration_routing_{name}": ("f4", ("n_basins",)) for name in ("cs", "ci", "cb", "qesp")},
    **{
        f"{name}_climatology": ("f4", ("n_months_year", "n_cells"))
        for name in ("temperature", "relative_humidity", "sunshine", "wind_speed", "pressure")
    },
    **dict.fromkeys(("flood_plain_points_altitude", "flood_plain_points_area_flooded"), ("f8", FLOOD)),
    **dict.fromkeys(("face_adjacent_cell_1", "face_adjacent_cell_2"), ("i4", ("n_faces",))),
    "face_dx": ("f8", ("n_faces",)),
}


@pytest.fixture(scope="module")
def static(made: Path) -> Iterator[netCDF4.Dataset]:
    with netCDF4.Dataset(made / "hyfaa/input_data/static_data.nc") as data:
        yield data


@pytest.mark.parametrize("name", REQUIRED)
def test_required_variable(static: netCDF4.Dataset, name: str) -> None:
    kind, dimensions = REQUIRED[name]
    variable = static[name]
    assert variable.dtype == np.dtype(kind)
    assert variable.dimensions == dimensions
    assert not np.ma.is_masked(variable[:])
    assert np.isfinite(variable[:]).all()


def test_sizes(static: netCDF4.Dataset) -> None:
    size = {name: len(dimension) for name, dimension in static.dimensions.items()}
    assert size["n_cells"] == 60
    assert size["n_months_year"] == 12
    assert size["n_soil_types"] >= 2
    assert 1 <= size["n_faces"] <= size["n_cells"]
    assert not {"n_climatology", "n_deltas", "n_specific_outlets"} & set(size)
    assert "face_bflow" not in static.variables


def test_network(static: netCDF4.Dataset) -> None:
    below = static["cell_id_upstream"][:].data
    number = np.arange(1, below.size + 1)
    inner = below != -1
    assert (below[inner] > number[inner]).all()
    assert np.bincount(below[inner]).max() <= 9
    basin = static["cell_basin_id"][:].data
    assert set(basin) == set(range(1, len(static.dimensions["n_basins"]) + 1))
    assert (basin[inner] == basin[below[inner] - 1]).all()
    for one in set(basin):
        assert below[number[basin == one].max() - 1] == -1
    drained, own = (static[name][:].data.astype(float) for name in ("total_drained_area", "cell_area"))
    above = np.bincount(below[inner] - 1, drained[inner], minlength=below.size)
    assert drained == pytest.approx(own + above, rel=1e-4)
    has_upstream = np.isin(number, below)
    assert (static["hydrological_order"][:][has_upstream] > 1).all()


def test_ranges(static: netCDF4.Dataset) -> None:
    cover = static["hydrological_response_unit_coefficients"][:].data
    assert cover.min() >= 0.0
    assert cover.sum(axis=0) == pytest.approx(100.0, abs=0.005)
    assert static["main_river_slope"][:].min() > 0.0
    assert static["longest_river_slope"][:].min() > 0.0
    assert static["main_river_length"][:].min() >= 2.0
    for name, low, high in (
        ("temperature", -50, 50),
        ("relative_humidity", 0, 100),
        ("sunshine", 0, 100),
        ("wind_speed", 0, 100),
    ):
        values = static[f"{name}_climatology"][:]
        assert values.min() >= low
        assert values.max() <= high


def test_flood_plain(static: netCDF4.Dataset) -> None:
    altitude = static["flood_plain_points_altitude"][:].data
    assert (np.diff(altitude, axis=1) > 0).all()
    assert (altitude[:, 0] > static["flood_plain_points_lowest_altitude"][:]).all()
    flooded = static["flood_plain_points_area_flooded"][:].data
    assert (np.diff(flooded, axis=1) >= 0).all()
    number = static["flood_plain_points_number"][:]
    assert number.min() >= 1
    assert number.max() <= altitude.shape[1]
    for name in ("face_adjacent_cell_1", "face_adjacent_cell_2"):
        assert static[name][:].min() >= 1
        assert static[name][:].max() <= altitude.shape[0]


def test_what_the_model_would_stop_at_or_divide_by(static: netCDF4.Dataset) -> None:
    size = {name: len(dimension) for name, dimension in static.dimensions.items()}
    assert set(static["cell_region_id"][:].data) <= set(range(1, size["n_regions"] + 1))
    assert set(static["hydrodynamic_module"][:].data) <= {0, 1}
    for name in (
        "cell_area",
        "river_width",
        "river_depth",
        "manning_coefficient",
        "face_dx",
        "main_river_slope",
    ):
        assert static[name][:].min() > 0.0, name
    assert static["longest_river_length"][:].min() > 0.001
    assert (static["total_drained_area"][:] >= static["cell_area"][:]).all()
    pressure = static["pressure_climatology"][:]
    assert pressure.min() > 80.0
    assert pressure.max() < 110.0
    for name in REQUIRED:
        if name.startswith("calibration_") and not name.endswith("capillarity_depth"):
            assert static[name][:].min() > 0.0, name
    first, second = (static[f"face_adjacent_cell_{side}"][:].data for side in (1, 2))
    assert (first != second).all()
    assert size["n_cells"] >= 2


def test_bed_and_flood_plain_fit_each_other(static: netCDF4.Dataset) -> None:
    lowest, depth = static["flood_plain_points_lowest_altitude"][:], static["river_depth"][:]
    below = static["cell_id_upstream"][:].data
    inner = below != -1
    bed = (lowest - depth).data
    assert (bed[inner] >= bed[below[inner] - 1]).mean() > 0.9
    flooded, area = static["flood_plain_points_area_flooded"][:].data, static["cell_area"][:].data
    assert flooded[:, -1] == pytest.approx(area, rel=1e-4)
    assert (flooded[:, 0] > 0.0).all()
