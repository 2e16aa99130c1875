"""Reading and joining geography files of every allowed form."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geography_builders import SIZE, SOUTH, WEST, Territory, make_territory

from sagui_pipelines.errors import GeodataInvalid, SourceCorrupt, SourceMissing
from sagui_pipelines.geography.read import read_geography


def test_joins_id_to_catid_and_names_cells_by_mini(territory: Territory, tmp_path: Path) -> None:
    geography = read_geography(territory.write(tmp_path))
    assert geography.report == ()
    assert list(geography.minibasins.columns) == ["mini", "ordem", "sub", "width", "depth"]
    assert geography.minibasins["mini"].tolist() == [1, 2, 3, 4, 5, 6]
    assert geography.minibasins["ordem"].tolist() == [13, 12, 11, 10, 9, 8]
    assert geography.minibasins["depth"].tolist() == pytest.approx((np.arange(6) / 3)[::-1])
    expected = territory.drainage.geometry.iloc[::-1].to_numpy()
    assert shapely.equals_exact(geography.drainage.geometry.to_numpy(), expected).all()
    assert geography.catchments["sub"].tolist() == [2, 2, 2, 1, 1, 1]
    squares = territory.catchments.geometry.iloc[::-1].to_numpy()
    assert shapely.equals(geography.catchments.geometry.to_numpy(), squares).all()


def test_geopackages_with_any_case_of_names_and_fields(territory: Territory, tmp_path: Path) -> None:
    upper = Territory(
        territory.drainage.rename(columns={"ID": "id"}),
        territory.catchments.rename(columns={"ID": "Id"}),
        territory.mini.rename(columns={name: name.upper() for name in ("Mini", "CatID", "Ordem", "Sub")}),
    )
    folder = upper.write(tmp_path, ".GPKG", ("Drainage", "CATCHMENTS", "Mini"))
    assert len(read_geography(folder).drainage) == 6


def test_one_geopackage_with_three_layers(territory: Territory, tmp_path: Path) -> None:
    for name, frame in (
        ("Drainage", territory.drainage),
        ("catchments", territory.catchments),
        ("mini", territory.mini),
    ):
        frame.to_file(tmp_path / "guyane.gpkg", layer=name, engine="pyogrio")
    assert len(read_geography(tmp_path).catchments) == 6


@pytest.mark.parametrize("crs", ["EPSG:2972", "EPSG:3857"])
def test_other_crs_is_brought_to_lonlat(territory: Territory, tmp_path: Path, crs: str) -> None:
    geography = read_geography(territory.to_crs(crs).write(tmp_path))
    assert geography.drainage.crs.to_epsg() == 4326
    expected = territory.drainage.geometry.iloc[::-1].to_numpy()
    assert shapely.equals_exact(geography.drainage.geometry.to_numpy(), expected, tolerance=1e-8).all()


def test_heights_are_dropped(territory: Territory, tmp_path: Path) -> None:
    high = territory.with_drainage(geometry=shapely.force_3d(territory.drainage.geometry.to_numpy(), 7.0))
    assert not read_geography(high.write(tmp_path)).drainage.geometry.has_z.any()


def test_pieces_of_a_line_become_one_and_a_branched_one_stays_multiple(
    territory: Territory, tmp_path: Path
) -> None:
    lines = territory.drainage.geometry.copy()
    y = SOUTH + 0.05
    lines.iloc[0] = shapely.MultiLineString(
        [[(WEST, y), (WEST + 0.04, y)], [(WEST + 0.04, y), (WEST + 0.09, y)]]
    )
    lines.iloc[1] = shapely.MultiLineString(
        [[(WEST + 0.11, y), (WEST + 0.14, y)], [(WEST + 0.16, y), (WEST + 0.19, y)]]
    )
    found = read_geography(territory.with_drainage(geometry=lines).write(tmp_path)).drainage.set_index("mini")
    assert found.geometry[6].geom_type == "LineString"
    assert found.geometry[6].length == pytest.approx(0.09)
    assert found.geometry[5].geom_type == "MultiLineString"


def test_a_reach_in_several_features_is_joined_and_reported(territory: Territory, tmp_path: Path) -> None:
    y = SOUTH + 0.05
    more = gpd.GeoDataFrame(
        {"ID": [100.0]}, geometry=[shapely.LineString([(WEST + 0.09, y), (WEST + 0.1, y)])], crs="EPSG:4326"
    )
    drainage = pd.concat([territory.drainage, more])
    geography = read_geography(Territory(drainage, territory.catchments, territory.mini).write(tmp_path))
    assert geography.drainage.set_index("mini").geometry[6].length == pytest.approx(0.09)
    assert len(geography.drainage) == 6
    assert any("1 ID drawn in several features joined (100)" in note for note in geography.report)


def test_separate_lines_with_one_id_are_refused(territory: Territory, tmp_path: Path) -> None:
    doubled = territory.with_drainage(ID=[100.0, 101, 102, 103, 104, 100])
    with pytest.raises(GeodataInvalid, match="1 ID with several lines that do not touch: 100"):
        read_geography(doubled.write(tmp_path))


def test_invalid_rings_are_repaired_and_reported(territory: Territory, tmp_path: Path) -> None:
    polygons = territory.catchments.geometry.copy()
    east, north = WEST + SIZE, SOUTH + SIZE
    polygons.iloc[0] = shapely.Polygon([(WEST, SOUTH), (east, north), (east, SOUTH), (WEST, north)])
    polygons.iloc[1] = shapely.Polygon([(east, SOUTH), (east + 0.1, north), (east, SOUTH)])
    geography = read_geography(territory.with_catchments(geometry=polygons).write(tmp_path, ".gpkg"))
    repaired = geography.catchments.set_index("mini").geometry[6]
    assert repaired.is_valid
    assert repaired.geom_type == "MultiPolygon"
    assert repaired.area == pytest.approx(SIZE * SIZE / 2)
    assert any("1 polygon (ID 100) with invalid rings repaired" in note for note in geography.report)
    assert any("1 polygon (ID 101) without area left out" in note for note in geography.report)
    assert 5 not in geography.catchments["mini"].to_numpy()


def test_features_without_geometry_are_left_out_and_reported(territory: Territory, tmp_path: Path) -> None:
    lines = territory.drainage.geometry.copy()
    lines.iloc[2] = None
    lines.iloc[3] = shapely.LineString([(WEST, SOUTH), (WEST, SOUTH)])
    geography = read_geography(territory.with_drainage(geometry=lines).write(tmp_path))
    assert geography.drainage["mini"].tolist() == [1, 2, 5, 6]
    assert any("1 feature without geometry left out" in note for note in geography.report)
    assert any("1 line (ID 103) without length left out" in note for note in geography.report)
    assert any("2 minibasins without river line (CatID 102, 103)" in note for note in geography.report)


def test_doubled_catchments_keep_those_on_the_river_line(territory: Territory, tmp_path: Path) -> None:
    left, right = (
        shapely.box(WEST + start, SOUTH, WEST + start + 0.05, SOUTH + SIZE) for start in (0.0, 0.05)
    )
    elsewhere = [shapely.box(0, 0, 0.01, 0.01), shapely.box(1, 1, 1.01, 1.01)]
    twins = [territory.catchments.geometry.iloc[1]]
    extra = gpd.GeoDataFrame(
        {"ID": [100, 100, 100, 101]}, geometry=[right, *elsewhere, *twins], crs="EPSG:4326"
    )
    polygons = territory.catchments.geometry.copy()
    polygons.iloc[0] = left
    catchments = pd.concat([territory.catchments.assign(geometry=polygons), extra])
    geography = read_geography(Territory(territory.drainage, catchments, territory.mini).write(tmp_path))
    found = geography.catchments.set_index("mini").geometry
    assert len(found) == 6
    assert found[6].geom_type == "Polygon"
    assert found[6].symmetric_difference(shapely.box(WEST, SOUTH, WEST + SIZE, SOUTH + SIZE)).area < 1e-12
    assert found[5].equals(twins[0])
    assert any("4 polygons too many for 2 IDs (100, 101)" in note for note in geography.report)


def test_doubled_catchments_off_the_river_line_are_refused(territory: Territory, tmp_path: Path) -> None:
    extra = gpd.GeoDataFrame({"ID": [100]}, geometry=[shapely.box(0, 0, 0.01, 0.01)], crs="EPSG:4326")
    polygons = territory.catchments.geometry.copy()
    polygons.iloc[0] = shapely.box(5, 5, 6, 6)
    catchments = pd.concat([territory.catchments.assign(geometry=polygons), extra])
    with pytest.raises(
        GeodataInvalid, match="1 ID with several polygons, none on a river line of that ID: 100"
    ):
        read_geography(Territory(territory.drainage, catchments, territory.mini).write(tmp_path))


def test_a_catchment_without_river_line_stays(territory: Territory, tmp_path: Path) -> None:
    geography = read_geography(
        Territory(territory.drainage.iloc[:5], territory.catchments, territory.mini).write(tmp_path)
    )
    assert geography.drainage["mini"].tolist() == [2, 3, 4, 5, 6]
    assert geography.catchments["mini"].tolist() == [1, 2, 3, 4, 5, 6]
    assert any("1 minibasin without river line (CatID 105)" in note for note in geography.report)


def test_unmatched_cells_are_reported_or_refused(territory: Territory, tmp_path: Path) -> None:
    folder = territory.with_drainage(ID=[100, 101, 102, 103, 104, 999]).write(tmp_path)
    geography = read_geography(folder)
    assert geography.drainage["mini"].tolist() == [2, 3, 4, 5, 6]
    assert any("1 river line without minibasin left out (ID 999)" in note for note in geography.report)
    with pytest.raises(GeodataInvalid, match="1 river line without minibasin"):
        read_geography(folder, refuse_unmatched=True)


def test_cells_that_are_not_numbered_from_1_on_are_reported(territory: Territory, tmp_path: Path) -> None:
    geography = read_geography(territory.with_mini(Mini=[1, 2, 3, 4, 5, 9]).write(tmp_path))
    assert any("3 cells of 1..9 have no row" in note for note in geography.report)


BAD = {
    "nothing matches": (lambda t: t.with_drainage(ID=[7.0, 8, 9, 10, 11, 12]), "drainage", "no ID equals a CatID"),
    "no field": (lambda t: Territory(t.drainage, t.catchments, t.mini.drop(columns="Ordem")), "mini", "lacks the field ordem"),
    "no id": (lambda t: Territory(t.drainage.rename(columns={"ID": "FID_"}), t.catchments, t.mini), "drainage", "lacks the field id"),
    "no crs": (lambda t: Territory(t.drainage.set_crs(None, allow_override=True), t.catchments, t.mini), "drainage", "has no coordinate reference system"),
    "no crs of catchments": (lambda t: Territory(t.drainage, t.catchments.set_crs(None, allow_override=True), t.mini), "catchments", "has no coordinate reference system"),
    "doubled mini": (lambda t: t.with_mini(Mini=[1, 2, 3, 4, 4, 6]), "mini", "1 cell with more than one row: mini 4"),
    "doubled catid": (lambda t: t.with_mini(CatID=[100, 101, 102, 103, 104, 104]), "mini", "more than one row: catid 104"),
    "broken id": (lambda t: t.with_drainage(ID=[100, 101.5, 102, 103, 104, 105]), "drainage", r"1 value of id .*feature 2: 101.5"),
    "id below 1": (lambda t: t.with_mini(Mini=[0, 2, 3, 4, 5, 6]), "mini", r"at least 1 \(feature 1: 0\)"),
    "text as id": (lambda t: t.with_catchments(ID=["100", "x", "102", "103", "104", "105"]), "catchments", r"feature 2: x"),
    "missing id": (lambda t: t.with_drainage(ID=[100, None, 102, 103, 104, 105]), "drainage", "1 value of id"),
    "negative width": (lambda t: t.with_mini(Width=[1, 2, -3.0, 4, 5, 6]), "mini", r"1 value of width .*feature 3: -3"),
    "missing depth": (lambda t: t.with_mini(Depth=[1, 2, None, 4, 5, 6]), "mini", "1 value of depth"),
    "polygons as lines": (lambda t: t.with_drainage(geometry=t.catchments.geometry), "drainage", "6 features of type Polygon instead of lines"),
    "wrong crs": (lambda t: Territory(t.drainage.to_crs("EPSG:3857").set_crs("EPSG:4326", allow_override=True), t.catchments, t.mini), "drainage", "coordinates are not on Earth"),
    "no feature": (lambda t: Territory(t.drainage.iloc[:0], t.catchments, t.mini), "drainage", "holds no feature"),
    "no geometry": (lambda t: t.with_drainage(geometry=[None] * 6), "drainage", "holds no usable geometry"),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
@pytest.mark.parametrize("case", BAD)
def test_bad_files_are_refused_by_name_and_fact(territory: Territory, tmp_path: Path, case: str) -> None:
    spoil, file, fact = BAD[case]
    with pytest.raises(GeodataInvalid, match=fact) as caught:
        read_geography(spoil(territory).write(tmp_path))
    assert file in caught.value.source
    assert caught.value.remedy.endswith(".")


def test_missing_files_and_folders(territory: Territory, tmp_path: Path) -> None:
    with pytest.raises(SourceMissing, match="is not a folder"):
        read_geography(tmp_path / "absent")
    folder = territory.write(tmp_path / "geodata")
    for path in folder.glob("catchments.*"):
        path.unlink()
    with pytest.raises(SourceMissing, match=r"neither catchments.shp nor catchments.gpkg"):
        read_geography(folder)


def test_two_files_of_one_name_are_refused(territory: Territory, tmp_path: Path) -> None:
    territory.write(tmp_path)
    territory.write(tmp_path, ".gpkg")
    with pytest.raises(GeodataInvalid, match="more than once"):
        read_geography(tmp_path)


@pytest.mark.parametrize(
    ("name", "keep"),
    [
        ("drainage.shp", 0),
        ("drainage.shp", 1000),
        ("drainage.shx", 0),
        ("drainage.dbf", 200),
        ("drainage.prj", 20),
    ],
)
def test_truncated_shapefiles_are_corrupt(tmp_path: Path, name: str, keep: int) -> None:
    folder = make_territory(40).write(tmp_path)
    path = folder / name
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(SourceCorrupt, match=r"drainage.shp: cannot be read"):
        read_geography(folder)


def test_a_file_of_another_kind_is_corrupt(territory: Territory, tmp_path: Path) -> None:
    folder = territory.write(tmp_path, ".gpkg")
    (folder / "mini.gpkg").write_text("not a GeoPackage")
    with pytest.raises(SourceCorrupt, match=r"mini.gpkg: cannot be read"):
        read_geography(folder)
