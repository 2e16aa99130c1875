"""Terrain and river network: exactly N cells in believable rivers."""

from __future__ import annotations

from functools import cache

import geopandas as gpd
import numpy as np
import pytest
import shapely

from sagui_pipelines.errors import SettingsInvalid
from sagui_pipelines.simulation.basin import Basin
from sagui_pipelines.simulation.geodata import catchment_polygons, river_lines, write_geodata
from sagui_pipelines.simulation.network import Network
from sagui_pipelines.simulation.survey import build_basin
from sagui_pipelines.simulation.terrain import Terrain

CASES = [(40, 1), (60, 5), (137, 2), (1000, 973)]


@cache
def built(cells: int, seed: int) -> tuple[Basin, Network, Terrain]:
    return build_basin(cells, seed)


@pytest.mark.parametrize(("cells", "seed"), CASES)
def test_exactly_n_cells_each_with_land(cells: int, seed: int) -> None:
    basin, network, _ = built(cells, seed)
    assert basin.cells == cells
    assert len(network.reaches) == cells
    assert set(np.unique(network.catchment)) == set(range(cells + 1))
    assert (basin.area_km2 > 0).all()
    assert basin.area_km2.sum() == pytest.approx(basin.drained_km2[basin.downstream < 0].sum())


@pytest.mark.parametrize(("cells", "seed"), CASES)
def test_numbers_increase_downstream_and_no_cell_has_more_than_nine_upstream(cells: int, seed: int) -> None:
    basin, _, _ = built(cells, seed)
    inner = np.flatnonzero(basin.downstream >= 0)
    assert (basin.downstream[inner] > inner).all()
    assert np.bincount(basin.downstream[inner]).max() <= 9
    for river in np.unique(basin.river):
        outlet = np.flatnonzero(basin.river == river).max()
        assert basin.downstream[outlet] == -1


@pytest.mark.parametrize(("cells", "seed"), CASES)
def test_several_rivers_reach_the_northern_coast_and_the_biggest_is_in_the_west(
    cells: int, seed: int
) -> None:
    basin, _, terrain = built(cells, seed)
    mouths = np.flatnonzero(basin.downstream < 0)
    assert mouths.size >= 5
    longitude, latitude = terrain.lonlat(terrain.mouths)
    assert (latitude > 4.0).all()
    main = mouths[np.argmax(basin.drained_km2[mouths])]
    assert basin.river[main] == 1
    assert longitude[0] == longitude.min()
    assert 40_000 < basin.drained_km2[main] < 90_000


@pytest.mark.parametrize(("cells", "seed"), CASES)
def test_lines_run_through_their_catchment_and_touch_the_next_line(cells: int, seed: int) -> None:
    basin, network, terrain = built(cells, seed)
    lines, polygons = river_lines(network, terrain), catchment_polygons(network, terrain, cells)
    inner = np.flatnonzero(basin.downstream >= 0)
    ends = shapely.get_point(lines[inner], -1)
    assert shapely.distance(ends, lines[basin.downstream[inner]]).max() == 0.0
    inside = shapely.length(shapely.intersection(lines, polygons)) / shapely.length(lines)
    assert np.quantile(inside, 0.05) > 0.6
    assert np.median(inside) > 0.85


@pytest.mark.parametrize(("cells", "seed"), CASES)
def test_catchments_tile_the_territory_without_gaps(cells: int, seed: int) -> None:
    _, network, terrain = built(cells, seed)
    polygons = catchment_polygons(network, terrain, cells)
    assert shapely.is_valid(polygons).all()
    assert shapely.coverage_is_valid(polygons)
    whole = shapely.union_all(polygons)
    assert whole.geom_type == "Polygon"
    assert len(whole.interiors) == 0
    assert whole.area == pytest.approx(shapely.area(polygons).sum(), rel=1e-9)


def test_rivers_are_not_straight_and_flow_has_no_loops() -> None:
    _, network, terrain = built(1000, 973)
    lines = river_lines(network, terrain)
    long = lines[shapely.length(lines) > 10 * terrain.step]
    ends = shapely.distance(shapely.get_point(long, 0), shapely.get_point(long, -1))
    assert np.mean(shapely.length(long) / ends) > 1.1
    assert terrain.flow.isvalid
    assert (terrain.drained_km2[terrain.land] > 0).all()


def test_a_quarter_of_a_thousand_cells_has_order_twelve_and_the_largest_is_about_twenty() -> None:
    basin, _, _ = built(1000, 973)
    assert 0.2 <= (basin.order >= 12).mean() <= 0.3
    assert 18 <= basin.order.max() <= 22
    inner = np.flatnonzero(basin.downstream >= 0)
    assert (basin.order[basin.downstream[inner]] >= basin.order[inner]).all()
    headwaters = np.setdiff1d(np.arange(1000), basin.downstream)
    assert (basin.order[headwaters] == 1).all()
    assert (np.delete(basin.order, headwaters) > 1).all()


def test_subbasins_are_connected_along_the_river() -> None:
    basin, _, _ = built(1000, 973)
    assert set(basin.sub) == set(range(1, basin.sub.max() + 1))
    assert 10 <= basin.sub.max() <= 60
    for sub in np.unique(basin.sub):
        members = np.flatnonzero(basin.sub == sub)
        leaving = [cell for cell in members if basin.downstream[cell] not in members]
        assert len(leaving) == 1


def test_same_arguments_give_the_same_basin_and_another_seed_another() -> None:
    first, again, other = build_basin(60, 5)[0], build_basin(60, 5)[0], build_basin(60, 6)[0]
    for name, values in vars(first).items():
        assert np.array_equal(values, getattr(again, name))
    assert not np.array_equal(first.longitude, other.longitude)


@pytest.mark.parametrize("cells", [0, 39, 60_001])
def test_impossible_sizes_are_refused(cells: int) -> None:
    with pytest.raises(SettingsInvalid, match="number of cells"):
        build_basin(cells, 1)


def test_shapefiles_have_the_fields_that_imports_read(tmp_path) -> None:
    basin, network, terrain = built(60, 5)
    write_geodata(basin, network, terrain, tmp_path)
    drainage, mini, catchments = (
        gpd.read_file(tmp_path / f"{n}.shp") for n in ("drainage", "mini", "catchments")
    )
    assert [frame.crs.to_epsg() for frame in (drainage, mini, catchments)] == [4326, 4326, 4326]
    assert drainage["ID"].dtype == np.float64
    assert drainage["ID"].tolist() == catchments["ID"].tolist() == list(range(1, 61))
    assert set(drainage.geom_type) == {"LineString"}
    assert set(catchments.geom_type) <= {"Polygon", "MultiPolygon"}
    assert set(mini.geom_type) == {"Point"}
    assert list(mini.columns) == ["Mini", "CatID", "Ordem", "Sub", "Width", "Depth", "geometry"]
    assert mini["CatID"].round().tolist() == mini["Mini"].tolist() == list(range(1, 61))
    assert mini["Ordem"].tolist() == basin.order.tolist()
    assert mini["Width"].to_numpy() == pytest.approx(basin.width_m)
    assert not list(tmp_path.glob(".*"))
