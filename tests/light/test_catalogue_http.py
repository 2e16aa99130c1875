"""The catalogue that people and tools read: pg_tileserv's keys, TileJSON, pages."""

from __future__ import annotations

import pytest
import requests

from tests.web_site import Site, chromium

pytestmark = pytest.mark.postgis

LIGHT = ("guyane.reaches", "guyane.catchments", "guyane.subbasins", "guyane.stations")


def json_of(site: Site, path: str) -> dict:
    """JSON at an address."""
    answer = requests.get(site.url + path, timeout=30)
    assert answer.status_code == 200
    assert answer.headers["xkey"] == "catalogue"
    return answer.json()


def test_index_has_the_shape_of_pg_tileserv(site: Site) -> None:
    index = json_of(site, "/tiles/index.json")
    granted = site.database.query("SELECT layer FROM guyane.sagui_tile_layers")
    assert set(index) == {layer for (layer,) in granted}
    assert len(index) == 14
    for layer, entry in index.items():
        assert set(entry) == {"type", "id", "schema", "name", "description", "detailurl"}
        assert entry["id"] == layer
        assert entry["detailurl"] == f"{site.url}/tiles/{layer}.json"
    assert {layer for layer, entry in index.items() if entry["type"] == "function"} == {"guyane.mvt_rainfall"}


def test_every_layer_has_a_tilejson_that_tells_fields_bounds_zooms_and_version(site: Site) -> None:
    versions = dict(site.database.query("SELECT layer, data_version FROM guyane.sagui_tile_layers"))
    for layer in json_of(site, "/tiles/index.json"):
        told = json_of(site, f"/tiles/{layer}.json")
        assert told["tilejson"] == "3.0.0"
        assert told["data_version"] == versions[layer]
        assert told["tiles"] == [f"{site.url}/tiles/{layer}/{{z}}/{{x}}/{{y}}.pbf?v={versions[layer]}"]
        assert told["tileurl"] == f"{site.url}/tiles/{layer}/{{z}}/{{x}}/{{y}}.pbf"
        west, south, east, north = told["bounds"]
        # There is one station.
        assert west <= east
        assert south <= north
        assert west <= told["center"][0] <= east
        assert 0 <= told["minzoom"] <= told["maxzoom"] <= 22
        [inside] = told["vector_layers"]
        assert inside["id"] == ("default" if layer == "guyane.mvt_rainfall" else layer)
        assert set(inside["fields"]) == {column["name"] for column in told["properties"]}
        assert told["feature_count"] > 0


def test_fields_and_units(site: Site) -> None:
    flow = json_of(site, "/tiles/guyane.hyfaa_data_aggregated_geo.json")
    assert [(column["name"], column["type"]) for column in flow["properties"]] == [
        ("cell_id", "int4"), ("values", "json"), ("width", "numeric"), ("depth", "numeric"),
    ]  # fmt: skip
    assert flow["geometrytype"] == "LineString"
    assert flow["units"] == {"width": "m", "depth": "m"}
    assert (flow["first_date"], flow["last_date"]) == ("2025-12-27", "2026-01-10")
    reaches = json_of(site, "/tiles/guyane.reaches.json")
    assert set(reaches["vector_layers"][0]["fields"]) == {"ordem", "width"}
    assert json_of(site, "/tiles/guyane.catchments.json")["minzoom"] == 8
    assert json_of(site, "/tiles/guyane.stations.json")["geometrytype"] == "Point"


def test_list_names_every_layer(site: Site) -> None:
    for path in ("/tiles/", "/tiles/index.html"):
        answer = requests.get(site.url + path, timeout=30)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        for layer in LIGHT:
            assert f'href="/tiles/{layer}.html"' in answer.text


def test_preview_draws_without_errors(site: Site) -> None:
    problems: list[str] = []
    with chromium() as browser:
        page = browser.new_page()
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        # The tile server is not part of this test.
        page.route("**/*.pbf*", lambda route: route.fulfill(status=200, body=b""))
        with page.expect_request("**/tiles/guyane.reaches/*/*/*.pbf?v=*"):
            page.goto(f"{site.url}/tiles/guyane.reaches.html")
        page.wait_for_selector("canvas")
    assert [problem for problem in problems if "WebGL" not in problem] == []
