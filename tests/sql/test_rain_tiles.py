"""What the rain layers show, and the tiles made of them."""

from __future__ import annotations

import json
import math

import mapbox_vector_tile
import psycopg2
import pytest

from tests.conftest import Database
from tests.sql.conftest import TODAY, add_day, features, last_days, make_geography, publish

pytestmark = pytest.mark.postgis

RAIN = "sagui_rainfall"
MINI, SUB = "rainfall_minibasin_aggregated_geo", "rainfall_subbasin_aggregated_geo"


@pytest.fixture
def basins(database: Database) -> Database:
    """A database with geography only."""
    make_geography(database)
    return database


def tile_of(lon: float, lat: float, zoom: int) -> tuple[int, int, int]:
    """Tile that holds a point."""
    scale = 2**zoom
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * scale
    return zoom, int((lon + 180) / 360 * scale), int(y)


def tile(database: Database, zoom: int, lon: float = -53.8, lat: float = 4.05) -> dict:
    """Decoded tile at a point."""
    (content,) = database.query("SELECT mvt_rainfall(%s, %s, %s)", *tile_of(lon, lat, zoom), role="tileserv")[
        0
    ]
    return mapbox_vector_tile.decode(bytes(content))


def test_golden_row(basins: Database) -> None:
    for day in last_days(2):
        add_day(basins, RAIN, day, {2: 4.5, 3: 5.5})
    publish(basins)
    rows = basins.query(f"SELECT id, values::text, ST_SRID(geom) FROM {MINI} ORDER BY id", role="api")
    assert rows[0] == ("mini_2", '[{"date":"2026-01-10","rain":4},{"date":"2026-01-09","rain":4}]', 3857)
    assert [row[0] for row in rows] == ["mini_2", "mini_3"]


def test_fifteen_days_newest_first(basins: Database) -> None:
    for day in last_days(17):
        add_day(basins, RAIN, day, {6: 1.0})
    publish(basins)
    wanted = [day.isoformat() for day in last_days(15)]
    assert [item["date"] for item in features(basins, MINI, "id")["mini_6"]] == wanted
    assert [item["date"] for item in features(basins, SUB, "id")["sub_2"]] == wanted


def test_polygons_with_a_gap_are_left_out(basins: Database) -> None:
    add_day(basins, RAIN, last_days(2)[1], {1: 1.0, 2: 1.0, 4: 1.0})
    add_day(basins, RAIN, TODAY, {1: 1.0, 3: 1.0})
    publish(basins)
    assert set(features(basins, MINI, "id")) == {"mini_1"}
    assert set(features(basins, SUB, "id")) == {"sub_1"}, "sub-basin 2 has no value at all today"


def test_order_and_mask_do_not_apply(basins: Database) -> None:
    basins.query("UPDATE sagui_saguiconfig SET max_ordem = 99", role="api")
    basins.query(
        "INSERT INTO hyfaa_geo_inclusion_mask (mask) VALUES (ST_MakeEnvelope(0, 0, 1, 1, 4326))", role="api"
    )
    add_day(basins, RAIN, TODAY, dict.fromkeys(range(1, 7), 1.0))
    publish(basins)
    assert len(features(basins, MINI, "id")) == 6


def test_subbasin_mean_is_weighted_by_area(basins: Database) -> None:
    """Catchment 1 is three times as large as 2 and 3."""
    add_day(basins, RAIN, TODAY, {1: 10.0, 2: 0.0, 3: 0.0})
    publish(basins)
    assert features(basins, SUB, "id") == {"sub_1": [{"date": "2026-01-10", "rain": 6}]}


def test_subbasin_is_the_union_of_its_catchments(basins: Database) -> None:
    add_day(basins, RAIN, TODAY, dict.fromkeys(range(1, 7), 1.0))
    publish(basins)
    assert basins.query(
        f"SELECT s.id, count(m.*), bool_and(ST_Covers(ST_Buffer(s.geom, 1), m.geom)), "
        f"abs(1 - min(ST_Area(s.geom)) / sum(ST_Area(m.geom))) < 1e-6 FROM {SUB} AS s "
        f"JOIN {MINI} AS m ON ST_Intersects(ST_PointOnSurface(m.geom), s.geom) GROUP BY 1 ORDER BY 1"
    ) == [("sub_1", 3, True, True), ("sub_2", 3, True, True)]
    assert basins.query("SELECT id, minibasins FROM hyfaa_catchments_subbasins ORDER BY 1") == [
        (1, [1, 2, 3]), (2, [4, 5, 6]),
    ]  # fmt: skip


def test_changed_catchments_are_noticed(basins: Database) -> None:
    add_day(basins, RAIN, TODAY, dict.fromkeys(range(1, 7), 1.0))
    publish(basins)
    basins.query("UPDATE hyfaa_catchments SET sub = 2 WHERE mini = 3", role="pipelines")
    assert publish(basins)["mvt_rainfall"][1] is True
    assert basins.query("SELECT minibasins FROM hyfaa_catchments_subbasins WHERE id = 2") == [([3, 4, 5, 6],)]
    basins.query("DELETE FROM hyfaa_catchments WHERE mini = 6", role="pipelines")
    publish(basins)
    assert "mini_6" not in features(basins, MINI, "id")
    basins.query(
        "UPDATE hyfaa_catchments SET geom = ST_Translate(geom, 1, 0) WHERE mini = 1", role="pipelines"
    )
    publish(basins)
    assert basins.query(
        f"SELECT round(ST_XMin(ST_Transform(geom, 4326))::numeric, 2)::text FROM {MINI} WHERE id = 'mini_1'"
    ) == [("-52.95",)]


@pytest.mark.parametrize(
    ("zoom", "wanted"), [(6, {"sub_1", "sub_2"}), (9, {"sub_1", "sub_2"}), (10, {"mini_2", "mini_1"})]
)
def test_tile_switches_from_subbasins_to_minibasins_at_zoom_10(
    basins: Database, zoom: int, wanted: set[str]
) -> None:
    add_day(basins, RAIN, TODAY, dict.fromkeys(range(1, 7), 2.0))
    publish(basins)
    decoded = tile(basins, zoom)
    assert list(decoded) == ["default"]
    layer = decoded["default"]
    assert layer["extent"] == 4096
    assert {feature["properties"]["id"] for feature in layer["features"]} == wanted
    for feature in layer["features"]:
        assert set(feature["properties"]) == {"id", "values"}
        assert json.loads(feature["properties"]["values"]) == [{"date": "2026-01-10", "rain": 2}]
        assert feature["geometry"]["type"] in {"Polygon", "MultiPolygon"}
        assert feature.get("id", 0) == 0


def test_tile_geometry_reaches_256_units_over_the_edge_and_no_further(basins: Database) -> None:
    add_day(basins, RAIN, TODAY, dict.fromkeys(range(1, 7), 2.0))
    publish(basins)
    features_ = tile(basins, 12)["default"]["features"]
    points = [point for feature in features_ for ring in feature["geometry"]["coordinates"] for point in ring]
    assert min(min(point) for point in points) == -256
    assert max(max(point) for point in points) == 4352


@pytest.mark.parametrize(("units", "most_corners"), [(100, 45), (12, 16), (5, 8)])
def test_small_areas_are_drawn_with_few_corners(
    module_database: Database, units: float, most_corners: int
) -> None:
    # A disc of 64 corners in the middle of tile 4/5/7, so many units of 4096 wide.
    ((corners, kind),) = module_database.query(
        "SELECT ST_NPoints(drawn), GeometryType(drawn) FROM (SELECT guyane.area_in_tile(ST_Buffer("
        " ST_Centroid(ST_TileEnvelope(4, 5, 7)), %s * 40075016.7 / 16 / 4096 / 2, 16), 4, 5, 7) AS drawn) AS tile",
        units,
    )
    assert kind == "POLYGON"
    assert 4 <= int(str(corners)) <= most_corners


def test_empty_tile_is_zero_bytes(basins: Database) -> None:
    add_day(basins, RAIN, TODAY, {1: 1.0})
    publish(basins)
    (content,) = basins.query("SELECT mvt_rainfall(9, 0, 0)", role="tileserv")[0]
    assert bytes(content) == b""


def test_tile_functions_promise_what_they_keep(module_database: Database) -> None:
    rows = module_database.query(
        "SELECT DISTINCT provolatile, proparallel, prosecdef, 'search_path=guyane, public, pg_temp' = ANY (proconfig) "
        "FROM pg_proc WHERE proargnames[1:3] = ARRAY['z', 'x', 'y'] AND has_function_privilege('tileserv', oid, 'EXECUTE') "
        "AND pronamespace = 'guyane'::regnamespace"
    )
    assert rows == [("s", "s", True, True)]


def test_rain_must_be_a_finite_amount(basins: Database) -> None:
    for value in (-0.1, float("nan"), float("inf")):
        with pytest.raises(psycopg2.IntegrityError):
            add_day(basins, RAIN, TODAY, {1: value})
