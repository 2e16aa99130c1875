"""The existing public map client works unchanged: its requests in its order, against the running platform.

`docs/client.md` lists each demand of the client with the test that covers it.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
from PIL import Image

from sagui_pipelines.publication.cache import purge
from tests.stack.public_client import FIRST_TILES, LAYERS, PublicClient
from tools.native import tiles
from tools.native.stack import Stack

pytestmark = pytest.mark.stack

RIVERS = ("flow_previ", "flow_alerts")
FLOW_CLASSES = (0, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 22260)


@pytest.fixture
def client(stack: Stack) -> PublicClient:
    """A page just loaded."""
    return PublicClient(stack.layout.url("edge"))


@pytest.fixture(scope="module")
def features(stack: Stack) -> dict[str, list[dict[str, Any]]]:
    """Features of the tiles of the first view, by tab."""
    opened = PublicClient(stack.layout.url("edge"))
    return {tab: [feature for tile in FIRST_TILES for feature in opened.tile(tab, *tile)] for tab in LAYERS}


def deep_tile(stack: Stack, zoom: int) -> tuple[int, int, int]:
    """A tile over the middle of the basin."""
    bounds = tiles.layer_bounds(stack.cluster.url("owner"), "guyane", "hyfaa_data_aggregated_geo")
    assert bounds is not None
    middle = ((bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2)
    deepest, x, y = tiles.covering_tile((*middle, *middle))
    scale = 2.0 ** (zoom - deepest)
    return zoom, int(x * scale), int(y * scale)


def test_a_session_makes_these_requests_and_all_are_answered(client: PublicClient) -> None:
    tabs, air = client.start()
    assert [tab["id"] for tab in tabs][:3] == list(LAYERS)
    assert air["results"] == []
    for tile in FIRST_TILES:
        client.tile("flow_previ", *tile)
    stations = client.stations("flow_alerts")
    for tab in ("flow_alerts", "rain_alerts"):
        client.tile(tab, *FIRST_TILES[0])
    client.chart("flow_alerts", min(stations))
    assert client.requested[:3] == [
        "/api/v1/dashboard.json",
        "/api/v1/atmo/files",
        "/api/v1/flow_previ/stations.json",
    ]
    assert len(client.requested) == len(set(client.requested))


def test_only_reading_on_the_pages_own_origin_is_needed(client: PublicClient) -> None:
    for path in ("/api/v1/dashboard.json", "/api/v1/atmo/files"):
        answer = client.get(path, "application/json, text/plain, */*")
        assert (answer.status_code, answer.history) == (200, [])
        assert answer.headers["Content-Type"] == "application/json"
        assert not answer.cookies


def test_tabs_lead_somewhere(client: PublicClient) -> None:
    tabs, _ = client.start()
    codes = {tab["id"]: tab["alert_code"] for tab in tabs}
    assert set(codes) == set(LAYERS), "no air images, no tab of air"
    assert all(codes.values()), "a tab without code cannot be clicked"


def test_both_lists_hold_the_same_stations(client: PublicClient) -> None:
    previ, alerts = (client.stations(tab) for tab in RIVERS)
    assert previ.keys() == alerts.keys()
    assert len(previ) >= 10
    for number, station in previ.items():
        assert station["properties"]["name"] == alerts[number]["properties"]["name"]
        assert station["properties"]["levels"]


@pytest.mark.parametrize("tab", RIVERS)
def test_every_station_of_a_list_has_a_chart(client: PublicClient, tab: str) -> None:
    for number in client.stations(tab):
        record = client.chart(tab, number)
        data = record["data"]
        assert len(data["forecast"]) == 10
        assert len(data["flow"]) == (10 if tab == "flow_previ" else 365)
        assert ("references" in data) == (tab == "flow_previ")
        assert ("thresholds" in record) == (tab == "flow_alerts")
        known = {"threshold_drought", "threshold_flood_low", "threshold_flood_mid", "threshold_flood_high"}
        assert all(set(lines) <= known for lines in record.get("thresholds", []))


def test_levels_charts_and_tiles_write_dates_alike(
    client: PublicClient, features: dict[str, list[dict[str, Any]]]
) -> None:
    stations = client.stations("flow_previ")
    levels = {level["date"] for level in stations[min(stations)]["properties"]["levels"]}
    shown = {value["date"] for value in features["flow_previ"][0]["properties"]["values"]}
    assert levels <= shown
    drawn = client.chart("flow_previ", min(stations))["data"]
    assert {item["date"] for part in ("flow", "forecast") for item in drawn[part]} <= shown


@pytest.mark.parametrize("tab", LAYERS)
def test_features_share_their_days_newest_first(features: dict[str, list[dict[str, Any]]], tab: str) -> None:
    found = {tuple(value["date"] for value in feature["properties"]["values"]) for feature in features[tab]}
    [days] = found
    assert list(days) == sorted(set(days), reverse=True)
    assert len(days) == (20 if tab == "flow_previ" else 15)


@pytest.mark.parametrize("tab", RIVERS)
def test_rivers_are_drawn(features: dict[str, list[dict[str, Any]]], tab: str) -> None:
    assert features[tab]
    for feature in features[tab]:
        assert feature["geometry"]["type"] in {"LineString", "MultiLineString"}
        properties = feature["properties"]
        assert isinstance(properties["cell_id"], int)
        assert 0 <= float(properties["width"]) < 222_600
        assert "layer" not in properties
        for value in properties["values"]:
            assert value["flow"] is None or value["flow"] <= FLOW_CLASSES[-1]
            assert value["flow_anomaly"] is None or -200 <= value["flow_anomaly"] <= 200


def test_a_segment_has_one_number_in_all_tiles(features: dict[str, list[dict[str, Any]]]) -> None:
    shown = {feature["properties"]["cell_id"] for feature in features["flow_alerts"]}
    assert shown == {feature["properties"]["cell_id"] for feature in features["flow_previ"]}
    widths: dict[int, set[str]] = {}
    for feature in features["flow_alerts"]:
        widths.setdefault(feature["properties"]["cell_id"], set()).add(str(feature["properties"]["width"]))
    assert all(len(found) == 1 for found in widths.values())


def test_rain_is_drawn(features: dict[str, list[dict[str, Any]]]) -> None:
    assert features["rain_alerts"]
    for feature in features["rain_alerts"]:
        assert feature["geometry"]["type"] in {"Polygon", "MultiPolygon"}
        assert feature["properties"]["id"]
        values = feature["properties"]["values"]
        assert values
        assert all(isinstance(value["rain"], int) and 0 <= value["rain"] < 500_000 for value in values)


@pytest.mark.parametrize("tab", LAYERS)
@pytest.mark.parametrize("zoom", [0, 6, 9, 10, 14])
def test_tiles_answer_at_every_zoom_of_the_client(
    client: PublicClient, stack: Stack, tab: str, zoom: int
) -> None:
    found = client.tile(tab, *deep_tile(stack, zoom))
    # So close to the ground there need not be a river.
    assert found or (zoom >= 10 and tab in RIVERS)


@pytest.mark.parametrize("tab", LAYERS)
def test_a_place_without_data_is_no_error(client: PublicClient, tab: str) -> None:
    assert client.tile(tab, 6, 0, 0) == []


def test_tiles_need_no_particular_accept_header(client: PublicClient) -> None:
    path = f"/tiles/{LAYERS['flow_previ']}/6/22/31.pbf"
    assert client.get(path, "*/*").content == client.get(path, "application/x-protobuf").content


def renew(stack: Stack, listed: int) -> None:
    """Tell the cache of other images, and wait until it shows them."""
    purge(stack.environment["SAGUI_PURGE_URL"], ["api"])
    opened, deadline = PublicClient(stack.layout.url("edge")), time.monotonic() + 10
    while True:
        found = len(opened.json("/api/v1/atmo/files")["results"])
        tabs = len(opened.json("/api/v1/dashboard.json"))
        if (found, tabs) == (listed, 4 if listed else 3):
            return
        assert time.monotonic() < deadline, (found, tabs)
        time.sleep(0.2)


@pytest.fixture
def images(stack: Stack) -> Iterator[list[str]]:
    """Three days of air images as the processing leaves them; their days, newest first."""
    folder = Path(stack.backend_environment["SAGUI_PATH_TO_ATMO_FILES"])
    today = datetime.now(UTC).date()
    days = [today - timedelta(days=age) for age in (0, 1, 3)]
    written = []
    for name in ("styled", "raw"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for day in days:
        picture = Image.fromarray(np.full((240, 280, 4), 120, dtype=np.uint8), "RGBA")
        for ending in ("png", "tif"):
            path = folder / "styled" / f"{day:%Y%m%d}_aai.{ending}"
            picture.save(path)
            written.append(path)
        world = folder / "styled" / f"{day:%Y%m%d}_aai.wld"
        world.write_text("0.025\n0\n0\n-0.025\n-56.9875\n6.9875\n")
        raw = folder / "raw" / f"{day:%Y%m%d}_merged_aai.tif"
        Image.fromarray(np.zeros((240, 280), dtype=np.float32)).save(raw)
        written += [world, raw]
    renew(stack, listed=len(days))
    yield [day.isoformat() for day in days]
    for path in written:
        path.unlink()
    renew(stack, listed=0)


def test_air_images_are_listed_and_drawn(
    client: PublicClient, images: list[str], features: dict[str, list[dict[str, Any]]]
) -> None:
    tabs, air = client.start()
    assert "atmo_alerts" in [tab["id"] for tab in tabs]
    assert [image["date"] for image in air["results"]] == images
    # The newest becomes the current day whatever tab is open, so the tiles must hold it.
    shown = {value["date"] for value in features["flow_previ"][0]["properties"]["values"]}
    assert air["results"][0]["date"] in shown
    for image in air["results"]:
        answer = requests.get(image["png"], timeout=30)
        assert answer.status_code == 200
        assert Image.open(io.BytesIO(answer.content)).size == (280, 240)
        assert image["png"].startswith(client.origin), "an https page must not be sent to http"


def test_fault_117_what_images_are_made_from_is_not_public(client: PublicClient, images: list[str]) -> None:
    day = images[0].replace("-", "")
    for path in (f"/atmo/raw/{day}_merged_aai.tif", "/atmo/raw/", "/atmo/styled/", "/atmo/"):
        assert client.get(path, "*/*").status_code in {403, 404}, path
