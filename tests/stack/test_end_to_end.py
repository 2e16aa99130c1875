"""From HYFAA files to tiles: the demo chain on a small basin, tiles fetched through Varnish, compared with the database."""

from __future__ import annotations

import json
import time
from typing import Any

import mapbox_vector_tile
import netCDF4
import numpy as np
import psycopg2
import pytest
import requests

from sagui_pipelines.hyfaa.snapshot import current_snapshot
from sagui_pipelines.hyfaa.solutions import Solution
from sagui_pipelines.publication.cache import purge
from tests.stack.edits import signed_in, submit
from tools.native import tiles
from tools.native.stack import Stack

pytestmark = pytest.mark.stack

FLOW = "guyane.hyfaa_data_aggregated_geo"
FORECAST = "guyane.hyfaa_forecast_aggregated_geo"
RAIN = "guyane.mvt_rainfall"
MVT = "application/vnd.mapbox-vector-tile"

_OBSERVED = """
SELECT cell_id, date, flow_median, flow_anomaly FROM guyane.hyfaa_data_assimilated
WHERE date > (SELECT max(date) FROM guyane.hyfaa_data_assimilated) - %s
"""
_FORECAST = "SELECT cell_id, date, flow_median, flow_anomaly FROM guyane.hyfaa_data_forecast"
_SHOWN_CELLS = "SELECT mini FROM guyane.hyfaa_minibasins_data WHERE ordem >= 12"


def query(stack: Stack, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
    """Rows, read by the owner."""
    connection = psycopg2.connect(stack.cluster.url("owner"))
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters or None)
            return cursor.fetchall()
    finally:
        connection.close()


def tile_url(stack: Stack, layer: str, zoom: int | None = None) -> str:
    """Address, through the edge, of the tile over the whole basin, or of one at a zoom over its middle."""
    bounds = tiles.layer_bounds(stack.cluster.url("owner"), "guyane", "hyfaa_data_aggregated_geo")
    assert bounds is not None
    if zoom is None:
        z, x, y = tiles.covering_tile(bounds)
    else:
        middle = ((bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2)
        deepest, deep_x, deep_y = tiles.covering_tile((*middle, *middle))
        z, x, y = zoom, deep_x >> (deepest - zoom), deep_y >> (deepest - zoom)
    return f"{stack.layout.url('edge')}/tiles/{layer}/{z}/{x}/{y}.pbf"


def fetch(url: str) -> requests.Response:
    """A tile that must be there."""
    answer = requests.get(url, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer


def features(answer: requests.Response, layer: str) -> list[dict[str, Any]]:
    """Features of the one layer of a tile."""
    assert answer.headers["Content-Type"] == MVT
    decoded = mapbox_vector_tile.decode(answer.content)
    assert list(decoded) == [layer]
    found: list[dict[str, Any]] = decoded[layer]["features"]
    return found


def rounded(value: float | None) -> int | None:
    """Half to even, as the contract rounds."""
    return None if value is None else round(value)


def expected_values(rows: list[tuple[Any, ...]]) -> dict[int, dict[str, tuple[int | None, int | None]]]:
    """Per cell and day: rounded flow and anomaly."""
    cells: dict[int, dict[str, tuple[int | None, int | None]]] = {}
    for cell, day, flow, anomaly in rows:
        cells.setdefault(cell, {})[day.isoformat()] = (rounded(flow), rounded(anomaly))
    return cells


def shown_values(items: list[dict[str, Any]]) -> dict[str, tuple[int | None, int | None]]:
    """Per day: flow and anomaly of one feature."""
    return {item["date"]: (item["flow"], item["flow_anomaly"]) for item in items}


def test_flow_tile_shows_what_the_table_holds(stack: Stack) -> None:
    found = features(fetch(tile_url(stack, FLOW)), FLOW)
    stored = expected_values(query(stack, _OBSERVED, 15))
    shown = {cell for (cell,) in query(stack, _SHOWN_CELLS)}
    assert len(found) == len(shown) > 20
    for feature in found:
        properties = feature["properties"]
        assert set(properties) == {"cell_id", "values", "width", "depth"}
        assert isinstance(properties["width"], str)
        assert isinstance(properties["depth"], str)
        items = json.loads(properties["values"])
        dates = [item["date"] for item in items]
        assert len(dates) == 15
        assert dates == sorted(dates, reverse=True)
        assert shown_values(items) == stored[properties["cell_id"]]
    assert {feature["properties"]["cell_id"] for feature in found} == shown


def test_forecast_tile_shows_observed_days_and_the_forecast(stack: Stack) -> None:
    found = features(fetch(tile_url(stack, FORECAST)), FORECAST)
    observed, ahead = expected_values(query(stack, _OBSERVED, 10)), expected_values(query(stack, _FORECAST))
    assert found
    for feature in found:
        items = json.loads(feature["properties"]["values"])
        assert [item["source"] for item in items] == ["forecast"] * 10 + ["assimilated"] * 10
        cell = feature["properties"]["cell_id"]
        assert shown_values(items) == {**observed[cell], **ahead[cell]}


@pytest.mark.parametrize(("zoom", "prefix"), [(None, "sub_"), (9, "sub_"), (10, "mini_")])
def test_rain_tile_switches_to_minibasins_at_zoom_10(stack: Stack, zoom: int | None, prefix: str) -> None:
    found = features(fetch(tile_url(stack, RAIN, zoom)), "default")
    assert found
    for feature in found:
        assert set(feature["properties"]) == {"id", "values"}
        assert feature["properties"]["id"].startswith(prefix)
        items = json.loads(feature["properties"]["values"])
        assert len(items) == 15
        assert all(isinstance(item["rain"], int) and item["rain"] >= 0 for item in items)


def test_every_value_of_the_file_is_in_the_table(stack: Stack) -> None:
    snapshot = current_snapshot(stack.layout.state_dir / "snapshots", Solution.ASSIMILATED)
    with netCDF4.Dataset(snapshot.path) as dataset:
        median = np.ma.filled(dataset["streamflow_catchment_median"][:], np.nan)
        days = dataset["time"][:].astype(int).tolist()
    rows = query(
        stack, "SELECT cell_id - 1, date - DATE '1950-01-01', flow_median FROM guyane.hyfaa_data_assimilated"
    )
    row_of = {day: index for index, day in enumerate(days)}
    table = np.full_like(median, np.nan)
    for cell, day, flow in rows:
        table[row_of[day], cell] = np.nan if flow is None else flow
    assert len(rows) == int(np.isfinite(median).sum())
    np.testing.assert_array_equal(table, median)


def test_second_request_is_a_cache_hit(stack: Stack) -> None:
    fetch(tile_url(stack, FLOW))
    answer = fetch(tile_url(stack, FLOW))
    assert answer.headers["V-Cache"] == "HIT"
    assert answer.headers["Served-By"] == "tileserv"


def test_publication_can_mark_cached_tiles_as_stale(stack: Stack) -> None:
    url = tile_url(stack, FLOW)
    fetch(url)
    assert purge(stack.environment["SAGUI_PURGE_URL"], [FLOW]) >= 1
    assert purge(stack.environment["SAGUI_PURGE_URL"], ["guyane.no_such_layer"]) == 0
    assert fetch(url).content == fetch(url).content


def finished_runs(stack: Stack) -> dict[str, set[str]]:
    """Status of all runs by job, once none is under way."""
    statement = "{ runsOrError(limit: 100) { ... on Runs { results { jobName status } } } }"
    deadline = time.monotonic() + 120
    while True:
        answer = requests.post(
            f"{stack.layout.url('dagster')}/graphql", json={"query": statement}, timeout=30
        )
        by_job: dict[str, set[str]] = {}
        for run in answer.json()["data"]["runsOrError"]["results"]:
            by_job.setdefault(run["jobName"], set()).add(run["status"])
        if all(statuses <= {"SUCCESS", "FAILURE", "CANCELED"} for statuses in by_job.values()):
            return by_job
        assert time.monotonic() < deadline, by_job
        time.sleep(1)


def test_runs_are_visible_in_dagster_and_succeeded(stack: Stack) -> None:
    jobs = (
        "daily",
        "geography",
        "flow_mgbstandard",
        "flow_assimilated",
        "rainfall",
        "forecast",
        "publication",
    )
    assert finished_runs(stack) == {job: {"SUCCESS"} for job in jobs}


def test_every_asset_has_been_materialized(stack: Stack) -> None:
    statement = "{ assetNodes { assetKey { path } assetMaterializations(limit: 1) { runId } } }"
    answer = requests.post(f"{stack.layout.url('dagster')}/graphql", json={"query": statement}, timeout=30)
    nodes = answer.json()["data"]["assetNodes"]
    missing = {"/".join(node["assetKey"]["path"]) for node in nodes if not node["assetMaterializations"]}
    assert len(nodes) == 38
    # What looks after the platform itself runs by the clock.
    assert missing == {"operations/consistency", "operations/retention"}


def thresholds(stack: Stack) -> dict[str, float]:
    """Thresholds of station 1, as clients see them through the edge."""
    url = f"{stack.layout.url('edge')}/api/v1/flow_alerts/stations/1/data.json"
    [found] = requests.get(url, timeout=30).json()["thresholds"]
    return dict(found)


def test_edited_threshold_shows_in_the_cached_api(stack: Stack) -> None:
    before = thresholds(stack)
    session = signed_in(stack)
    url = f"{stack.layout.url('edge')}/admin/sagui/stations/1/change/"
    drought = before["threshold_drought"] + 0.5
    submit(session, url, {"threshold_drought": str(drought)})
    # The answer before the edit would stay in the cache for 30 s.
    deadline = time.monotonic() + 5
    while thresholds(stack)["threshold_drought"] != drought:
        assert time.monotonic() < deadline
        time.sleep(0.2)
