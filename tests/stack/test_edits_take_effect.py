"""What an administrator edits shows in API and tiles through the cache, without a restart: views within 5 seconds,
layers that must be rebuilt through a Dagster run that a sensor starts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import mapbox_vector_tile
import psycopg2
import pytest
import requests

from tests.stack.edits import signed_in, submit
from tools.native import tiles
from tools.native.stack import Stack

pytestmark = pytest.mark.stack

FLOW = "guyane.hyfaa_data_aggregated_geo"
VIEWS_S, LAYERS_S = 5, 180


def query(stack: Stack, sql: str) -> list[tuple[Any, ...]]:
    """Rows, read by the owner."""
    connection = psycopg2.connect(stack.cluster.url("owner"))
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()
    finally:
        connection.close()


def api(stack: Stack, path: str) -> Any:
    """An answer of the API through the cache."""
    return requests.get(f"{stack.layout.url('edge')}/api/v1/{path}", timeout=30).json()


def shown(stack: Stack, address: str) -> dict[int, str]:
    """Values by cell of a tile through the cache."""
    content = requests.get(address, timeout=30).content
    features = mapbox_vector_tile.decode(content)[FLOW]["features"] if content else []
    return {feature["properties"]["cell_id"]: feature["properties"]["values"] for feature in features}


@pytest.fixture(scope="module")
def tile(stack: Stack) -> str:
    """Address of the tile over the whole basin."""
    bounds = tiles.layer_bounds(stack.cluster.url("owner"), "guyane", "hyfaa_data_aggregated_geo")
    assert bounds is not None
    z, x, y = tiles.covering_tile(bounds)
    return f"{stack.layout.url('edge')}/tiles/{FLOW}/{z}/{x}/{y}.pbf"


@pytest.fixture(scope="module")
def session(stack: Stack) -> requests.Session:
    """The administrator."""
    return signed_in(stack)


def until(done: Callable[[], bool], seconds: float) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.2)


def publications(stack: Stack) -> int:
    """Number of publication runs that ended well."""
    statement = '{ runsOrError(filter: {pipelineName: "publication", statuses: [SUCCESS]}) { ... on Runs { count } } }'
    answer = requests.post(f"{stack.layout.url('dagster')}/graphql", json={"query": statement}, timeout=30)
    return int(answer.json()["data"]["runsOrError"]["count"])


@pytest.fixture
def configure(stack: Stack, session: requests.Session) -> Iterator[Callable[[str, int], None]]:
    """Save the configuration; in the end it is as it was."""
    url = f"{stack.layout.url('edge')}/admin/sagui/saguiconfig/1/change/"
    [(dataset, order)] = query(stack, "SELECT use_dataset, max_ordem FROM guyane.sagui_saguiconfig")

    def save(use_dataset: str = dataset, max_ordem: int = order) -> None:
        submit(session, url, {"use_dataset": use_dataset, "max_ordem": str(max_ordem)})

    yield save
    save()


def cells(stack: Stack, condition: str) -> set[int]:
    """Minibasins that fulfil a condition."""
    rows = query(
        stack,
        "SELECT minibasin.mini FROM guyane.hyfaa_minibasins_data AS minibasin"
        f" JOIN guyane.hyfaa_drainage AS drainage USING (mini) WHERE {condition}",
    )
    return {mini for (mini,) in rows}


def test_another_dataset_shows_within_seconds(
    stack: Stack, tile: str, configure: Callable[..., None]
) -> None:
    before = shown(stack, tile)
    path = "flow_previ/stations/1/data.json"
    assert {day["source"] for day in api(stack, path)["data"]["flow"]} == {"assimilated"}
    configure(use_dataset="mgbstandard")
    until(lambda: {day["source"] for day in api(stack, path)["data"]["flow"]} == {"mgbstandard"}, VIEWS_S)
    until(lambda: shown(stack, tile) != before, VIEWS_S)
    assert shown(stack, tile).keys() == before.keys()
    configure()
    until(lambda: shown(stack, tile) == before, VIEWS_S)


def test_a_renamed_station_shows_within_seconds(stack: Stack, session: requests.Session) -> None:
    edge = stack.layout.url("edge")
    url = f"{edge}/admin/sagui/stations/2/change/"

    def name() -> str:
        return str(api(stack, "flow_alerts/stations.json")["results"]["features"][1]["properties"]["name"])

    before = name()
    submit(session, url, {"name": "Renamed"})
    until(lambda: name() == "Renamed", VIEWS_S)
    until(lambda: "Renamed" in requests.get(f"{edge}/dashboards/flow/", timeout=30).text, VIEWS_S)
    submit(session, url, {"name": before})
    until(lambda: name() == before, VIEWS_S)


def test_another_minimum_order_rebuilds_the_layers(
    stack: Stack, tile: str, configure: Callable[..., None]
) -> None:
    usual = cells(stack, "ordem >= 12")
    assert shown(stack, tile).keys() == usual
    fewer, runs = cells(stack, "ordem >= 15"), publications(stack)
    assert 0 < len(fewer) < len(usual)
    configure(max_ordem=15)
    until(lambda: shown(stack, tile).keys() == fewer, LAYERS_S)
    until(lambda: publications(stack) > runs, LAYERS_S)
    configure()
    until(lambda: shown(stack, tile).keys() == usual, LAYERS_S)


def test_an_inclusion_mask_rebuilds_the_layers(stack: Stack, tile: str, session: requests.Session) -> None:
    admin = f"{stack.layout.url('edge')}/admin/sagui/hyfaageoinclusionmask"
    [(west, south, east, north)] = query(
        stack,
        "SELECT ST_XMin(box), ST_YMin(box), (ST_XMin(box) + ST_XMax(box)) / 2, ST_YMax(box)"
        " FROM (SELECT ST_Extent(geom) AS box FROM guyane.hyfaa_drainage) AS all_rivers",
    )
    corners = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    area = f"ST_MakeEnvelope({west}, {south}, {east}, {north}, 4326)"
    usual = cells(stack, "ordem >= 12")
    inside = cells(stack, f"ordem >= 12 AND ST_Intersects(drainage.geom, {area})")
    assert 0 < len(inside) < len(usual)
    polygon = str({"type": "Polygon", "coordinates": [corners]}).replace("'", '"')
    submit(session, f"{admin}/add/", {"name": "west", "mask": polygon})
    until(lambda: shown(stack, tile).keys() == inside, LAYERS_S)
    [(number,)] = query(stack, "SELECT id FROM guyane.hyfaa_geo_inclusion_mask")
    submit(session, f"{admin}/{number}/delete/", {})
    until(lambda: shown(stack, tile).keys() == usual, LAYERS_S)
