"""What the map page asks beside the API of old: how it begins, and the series of any cell."""

from __future__ import annotations

from datetime import timedelta

import pytest
from api_world import OBSERVED, Api, World, days_ahead, days_back, strict_json
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

pytestmark = pytest.mark.postgis
CELL = 101


@pytest.fixture
def filled(world: World) -> World:
    """One station, its cell, 20 days of flow and rain, 3 days of forecast."""
    world.station(1)
    world.minibasins({CELL: 7})
    world.observed(days_back(CELL, [100.0 + day for day in range(20)], mad=2.5, expected=90.126))
    world.forecast(days_ahead(CELL, [150.0, 160.5, 170.25], mad=4.0))
    for day in range(3):
        world.rain(OBSERVED - timedelta(days=day), {CELL: 1.5 * day})
    return world


def test_a_cell_has_its_facts_and_series(api: Api, filled: World) -> None:
    record = api.json(f"/api/v1/cells/{CELL}/data?duration=3")
    assert list(record) == ["cell_id", "ordem", "sub", "width", "depth", "unit", "data"]
    assert (record["cell_id"], record["ordem"], record["sub"]) == (CELL, 15, 7)
    assert (record["width"], record["depth"], record["unit"]) == (1.0, 1.0, "m³/s")
    assert [day["flow"] for day in record["data"]["flow"]] == [117.0, 118.0, 119.0]
    assert record["data"]["flow"][-1] == {
        "source": "assimilated", "date": "2026-05-02", "flow": 119.0, "flow_mad": 2.5, "flow_expected": 90.13,
    }  # fmt: skip
    assert record["data"]["forecast"][0] == {
        "source": "forecast", "date": "2026-05-03", "flow": 150.0, "flow_mad": 4.0,
    }  # fmt: skip
    assert [(day["date"], day["rain"]) for day in record["data"]["rain"]] == [
        ("2026-04-30", 3.0), ("2026-05-01", 1.5), ("2026-05-02", 0.0),
    ]  # fmt: skip


def test_a_cell_says_of_which_day_its_data_are(api: Api, filled: World) -> None:
    response = api.get(f"/api/v1/cells/{CELL}/data")
    assert response["X-Data-Date"] == OBSERVED.isoformat()
    assert response["X-Data-Stale"] == "true"
    assert response["xkey"] == "api"
    assert response["ETag"]


def test_unknown_values_are_left_out(api: Api, filled: World) -> None:
    filled.execute("UPDATE guyane.hyfaa_data_assimilated SET flow_median = NULL WHERE date = '2026-05-01'")
    filled.execute("UPDATE guyane.hyfaa_data_assimilated SET flow_expected = NULL WHERE date = '2026-05-02'")
    filled.execute("DELETE FROM guyane.sagui_rainfall WHERE date = '2026-05-01'")
    data = api.json(f"/api/v1/cells/{CELL}/data?duration=3")["data"]
    assert [(day["date"], day["flow_expected"]) for day in data["flow"]] == [
        ("2026-04-30", 90.13), ("2026-05-02", None),
    ]  # fmt: skip
    assert [day["date"] for day in data["rain"]] == ["2026-04-30", "2026-05-02"]


def test_a_cell_without_any_day_has_empty_series(api: Api, world: World) -> None:
    world.station(1)
    world.minibasins({CELL: 7})
    record = api.json(f"/api/v1/cells/{CELL}/data")
    assert record["data"] == {"flow": [], "forecast": [], "rain": []}


@pytest.mark.parametrize("cell", [999, 2**31, 10**30])
def test_an_unknown_cell_is_not_found(api: Api, filled: World, cell: int) -> None:
    response = api.get(f"/api/v1/cells/{cell}/data")
    assert response.status_code == 404
    assert strict_json(response)["detail"] == f"There is no cell {cell}."


@pytest.mark.parametrize("duration", ["0", "ten", "-1", "99999"])
def test_a_wrong_duration_is_told(api: Api, filled: World, duration: str) -> None:
    response = api.get(f"/api/v1/cells/{CELL}/data?duration={duration}")
    assert response.status_code == 400
    assert "duration" in strict_json(response)["errors"]


def test_a_cell_takes_few_queries(api: Api, filled: World) -> None:
    with CaptureQueriesContext(connection) as captured:
        api.json(f"/api/v1/cells/{CELL}/data?duration=1830")
    selects = [query["sql"] for query in captured if not query["sql"].startswith("SET")]
    assert len([sql for sql in selects if "SELECT" in sql]) == 4


def test_the_map_begins_with_all_rivers_in_sight(api: Api, filled: World) -> None:
    filled.execute("UPDATE guyane.hyfaa_drainage SET geom = 'SRID=4326;LINESTRING(-54 3, -53 4.5)'")
    with override_settings(SAGUI_MAP_BASEMAP_URL="https://tiles.example.org/{z}/{x}/{y}.png"):
        found = api.json("/api/v1/map")
    assert found == {
        "extent": [-54.0, 3.0, -53.0, 4.5],
        "basemap_url": "https://tiles.example.org/{z}/{x}/{y}.png",
        "basemap_attribution": "",
    }


def test_the_map_begins_without_rivers_too(api: Api, world: World) -> None:
    assert api.json("/api/v1/map")["extent"] is None
