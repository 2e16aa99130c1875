"""The stand-in makes the tiles that clients of pg_tileserv expect."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import mapbox_vector_tile
import pytest

from tests.conftest import Database
from tools.tileserv_standin.app import TileServer
from tools.tileserv_standin.layers import TileDatabase

pytestmark = pytest.mark.postgis

# A river across tile 5/11/15, and one far away.
SETUP = """
CREATE TABLE guyane.standin_river (mini int PRIMARY KEY, geom geometry(Geometry, 4326) NOT NULL);
INSERT INTO guyane.standin_river VALUES
    (7, ST_GeomFromText('LINESTRING(-54 3, -53 4)', 4326)),
    (8, ST_GeomFromText('LINESTRING(100 40, 101 41)', 4326));
CREATE MATERIALIZED VIEW guyane.standin_values AS
SELECT
    mini AS cell_id,
    json_build_array(json_build_object('date', '2026-11-22', 'flow', 12)) AS values,
    1.50::numeric AS width,
    NULL::text AS note,
    ST_Transform(geom, 3857)::geometry(Geometry, 3857) AS geom
FROM guyane.standin_river;
CREATE TABLE guyane.standin_secret (id int PRIMARY KEY, geom geometry(Point, 4326));
CREATE FUNCTION guyane.standin_function(z integer, x integer, y integer) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT ST_AsMVT(t, 'default') FROM (SELECT x AS column_x,
    ST_AsMVTGeom(ST_Point(0, 0, 3857), ST_TileEnvelope(0, 0, 0)) AS geom) AS t $$;
CREATE FUNCTION guyane.standin_broken(z integer, x integer, y integer) RETURNS bytea
LANGUAGE sql STABLE AS $$ SELECT convert_to((1 / (z - z))::text, 'UTF8') $$;
GRANT SELECT ON guyane.standin_river, guyane.standin_values TO tileserv;
GRANT EXECUTE ON FUNCTION guyane.standin_function, guyane.standin_broken TO tileserv;
"""


class Client:
    """Calls the WSGI application as a web server would."""

    def __init__(self, server: TileServer) -> None:
        self._server = server
        self.status = 0
        self.headers: dict[str, str] = {}

    def get(self, path: str, method: str = "GET") -> bytes:
        """Body of the answer; status and headers are kept."""

        def start_response(status: str, headers: list[tuple[str, str]]) -> None:
            self.status, self.headers = int(status.split(maxsplit=1)[0]), dict(headers)

        environ: dict[str, Any] = {
            "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": "", "HTTP_HOST": "here:1",
            "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(),
        }  # fmt: skip
        return b"".join(self._server(environ, start_response))


@pytest.fixture(scope="module")
def client(module_database: Database) -> Iterator[Client]:
    """The stand-in on a database with a few layers, with the rights of the tile role."""
    module_database.query(SETUP)
    database = TileDatabase(module_database.url("tileserv"), 2)
    yield Client(TileServer(database))
    database.close()


def test_table_layer(client: Client) -> None:
    tile = client.get("/tiles/guyane.standin_river/5/11/15.pbf")
    assert client.status == 200
    assert client.headers["Content-Type"] == "application/vnd.mapbox-vector-tile"
    assert client.headers["Access-Control-Allow-Origin"] == "*"
    assert client.headers["X-Tile-Server"] == "stand-in"
    layer = mapbox_vector_tile.decode(tile)["guyane.standin_river"]
    assert layer["extent"] == 4096
    (feature,) = layer["features"]
    # A table's whole-number key is the feature's id and no property.
    assert (feature["id"], feature["properties"]) == (7, {})
    assert feature["geometry"]["type"] == "LineString"


def test_view_layer_keeps_the_property_types(client: Client) -> None:
    layer = mapbox_vector_tile.decode(client.get("/tiles/guyane.standin_values/5/11/15.mvt"))
    (feature,) = layer["guyane.standin_values"]["features"]
    assert not feature.get("id")  # the decoder turns a missing id into 0
    properties = feature["properties"]
    assert (properties["cell_id"], properties["width"]) == (7, "1.50")
    assert json.loads(properties["values"]) == [{"date": "2026-11-22", "flow": 12}]
    assert "note" not in properties


def test_function_layer_is_given_as_it_is(client: Client) -> None:
    decoded = mapbox_vector_tile.decode(client.get("/tiles/guyane.standin_function/3/5/2.pbf"))
    assert decoded["default"]["features"][0]["properties"] == {"column_x": 5}


def test_several_layers_in_one_tile(client: Client) -> None:
    one = client.get("/tiles/guyane.standin_river/5/11/15.pbf")
    two = client.get("/tiles/guyane.standin_values/5/11/15.pbf")
    assert client.get("/tiles/guyane.standin_river,guyane.standin_values/5/11/15.pbf") == one + two


def test_empty_tile(client: Client) -> None:
    assert client.get("/tiles/guyane.standin_river/5/0/0.pbf") == b""
    assert (client.status, client.headers["Content-Length"]) == (200, "0")


def test_geometry_in_the_margin_is_drawn(client: Client) -> None:
    # The line ends at x = -53 degrees; the next tile to the east begins less than its margin further on at zoom 4.
    assert client.get("/tiles/guyane.standin_river/4/5/7.pbf") != b""
    assert client.get("/tiles/guyane.standin_river/9/182/251.pbf") == b""


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/tiles/guyane.nothing/0/0/0.pbf", 404),
        ("/tiles/guyane.standin_secret/0/0/0.pbf", 404),
        ("/tiles/guyane.standin_river,guyane.nothing/0/0/0.pbf", 404),
        ("/tiles/guyane.standin_river/23/0/0.pbf", 400),
        ("/tiles/guyane.standin_river/5/32/0.pbf", 400),
        ("/tiles/guyane.standin_river/0/0/1.pbf", 400),
        ("/tiles/guyane.standin_broken/0/0/0.pbf", 500),
        ("/tiles/guyane.nothing.json", 404),
        ("/elsewhere", 404),
        ("/tiles/health", 200),
    ],
)
def test_status(client: Client, path: str, status: int) -> None:
    client.get(path)
    assert client.status == status
    assert client.headers["X-Tile-Server"] == "stand-in"


def test_head_and_post(client: Client) -> None:
    assert client.get("/tiles/guyane.standin_river/5/11/15.pbf", "HEAD") == b""
    assert int(client.headers["Content-Length"]) > 0
    client.get("/tiles/guyane.standin_river/5/11/15.pbf", "POST")
    assert client.status == 405


def test_catalogue_lists_what_the_role_may_read(client: Client) -> None:
    layers = json.loads(client.get("/tiles/index.json"))
    assert {"guyane.standin_river", "guyane.standin_values", "guyane.standin_function"} <= set(layers)
    assert {
        "guyane.hyfaa_data_aggregated_geo",
        "guyane.hyfaa_forecast_aggregated_geo",
        "guyane.mvt_rainfall",
    } <= set(layers)
    assert "guyane.standin_secret" not in layers
    assert layers["guyane.standin_function"]["type"] == "function"
    assert layers["guyane.standin_river"]["detailurl"] == "http://here:1/tiles/guyane.standin_river.json"


def test_detail(client: Client) -> None:
    detail = json.loads(client.get("/tiles/guyane.standin_values.json"))
    assert [(column["name"], column["type"]) for column in detail["properties"]] == [
        ("cell_id", "integer"), ("values", "json"), ("width", "numeric"), ("note", "text"),
    ]  # fmt: skip
    west, south, east, north = detail["bounds"]
    assert west == pytest.approx(-54)
    assert (south, east, north) == pytest.approx((3, 101, 41))
    assert detail["tileurl"] == "http://here:1/tiles/guyane.standin_values/{z}/{x}/{y}.pbf"


def test_new_layer_appears_with_the_catalogue(client: Client, module_database: Database) -> None:
    module_database.query(
        "CREATE VIEW guyane.standin_later AS SELECT * FROM guyane.standin_river;"
        " GRANT SELECT ON guyane.standin_later TO tileserv"
    )
    client.get("/tiles/guyane.standin_later/0/0/0.pbf")
    assert client.status == 404
    client.get("/tiles/index.json")
    client.get("/tiles/guyane.standin_later/0/0/0.pbf")
    assert client.status == 200


def test_lost_connections_are_replaced(client: Client, module_database: Database) -> None:
    module_database.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND usename = 'tileserv'",
        module_database.name, role="superuser",
    )  # fmt: skip
    assert client.get("/tiles/guyane.standin_river/5/11/15.pbf") != b""
    assert client.status == 200
