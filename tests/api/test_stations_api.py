"""Station lists and series against the contract."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from api_world import FULL_YEAR, OBSERVED, Api, Day, World, days_ahead, days_back
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver, resolve

from sagui_backend.api.levels import reference_day
from sagui_backend.api.queries import flow_days

pytestmark = pytest.mark.postgis

PREVI, ALERTS = "/api/v1/flow_previ/stations", "/api/v1/flow_alerts/stations"
PERIOD = "2010-2020"


def _ordinary(world: World, *numbers: int, flow: float = 50.4, reference: float = 50.0) -> None:
    for number in numbers:
        world.station(number)
        cell = number + 100
        world.observed(days_back(cell, [flow] * 20, mad=2.6, expected=48.5))
        world.forecast(days_ahead(cell, [flow] * 10, mad=3.4))
        world.reference(PERIOD, number, dict.fromkeys(FULL_YEAR, reference))


def _levels(api: Api, path: str, index: int = 0) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.json(path)["results"]["features"][index]["properties"]["levels"]
    return found


# ----- lists


def test_previ_list_has_the_contract_shape(api: Api, world: World) -> None:
    _ordinary(world, 1)
    page = api.json(PREVI)
    assert list(page) == ["count", "next", "previous", "results"]
    assert (page["count"], page["next"], page["previous"]) == (1, None, None)
    assert list(page["results"]) == ["type", "features"]
    feature = page["results"]["features"][0]
    assert list(feature) == ["id", "type", "geometry", "properties"]
    assert feature["geometry"] == {"type": "Point", "coordinates": [-54.0, 3.5]}
    assert list(feature["properties"]) == ["url", "name", "river", "minibasin", "levels"]
    assert feature["properties"]["url"] == "http://testserver/api/v1/flow_previ/stations/1/data"
    levels = feature["properties"]["levels"]
    assert [level["date"] for level in levels] == [
        (OBSERVED + timedelta(days=offset)).isoformat() for offset in range(10, -10, -1)
    ]
    assert list(levels[0]) == ["date", "flow", "level", "source", "anomaly"]
    assert levels[0] == {"date": "2026-05-12", "flow": 50, "level": "n", "source": "forecast", "anomaly": 1}
    assert levels[-1]["source"] == "assimilated"
    assert b'"flow":50,' in api.get(PREVI).content


def test_alerts_list_has_the_contract_shape(api: Api, world: World) -> None:
    _ordinary(world, 1, flow=150)
    feature = api.json(ALERTS)["results"]["features"][0]
    assert feature["properties"]["url"] == "http://testserver/api/v1/flow_alerts/stations/1/data"
    assert feature["properties"]["levels"] == [
        {"date": (OBSERVED - timedelta(days=offset)).isoformat(), "level": "f1"} for offset in range(15)
    ]


def test_lists_are_paged_in_order_of_id(api: Api, world: World) -> None:
    for number in (3, 1, 2):
        world.station(number)
    page = api.json(f"{PREVI}?page_size=2")
    assert [feature["id"] for feature in page["results"]["features"]] == [1, 2]
    assert page["next"] == f"http://testserver{PREVI}?page=2&page_size=2"
    last = api.json(f"{PREVI}?page=last&page_size=2")
    assert [feature["id"] for feature in last["results"]["features"]] == [3]
    assert last["previous"] == f"http://testserver{PREVI}?page_size=2"
    for size in ("0", "-1", "many", ""):
        assert len(api.json(f"{ALERTS}?page_size={size}")["results"]["features"]) == 3
    assert len(api.json(f"{PREVI}?page=")["results"]["features"]) == 3
    for text in ("9", "0", "-1", "01", "1_0", "%D9%A1", "first"):
        none = api.get(f"{PREVI}?page={text}")
        assert (none.status_code, none.json()["detail"]) == (404, "Invalid page."), text


def test_fault_22_every_station_is_listed_whatever_it_lacks(api: Api, world: World) -> None:
    world.station(1, river=None, point=None)
    world.station(2, point="SRID=4326;POINT EMPTY")
    for path in (PREVI, ALERTS):
        features = api.json(path)["results"]["features"]
        assert [
            (feature["id"], feature["geometry"], feature["properties"]["levels"]) for feature in features
        ] == [
            (1, None, []),
            (2, None, []),
        ]
        assert features[0]["properties"]["river"] is None


def test_fault_02_day_without_reference_has_no_level(api: Api, world: World) -> None:
    world.station(1)
    world.observed(days_back(101, [50.0] * 3))
    assert _levels(api, PREVI) == []


def test_fault_04_empty_or_partial_period_does_not_become_current(api: Api, world: World) -> None:
    _ordinary(world, 1, flow=100, reference=80)
    world.reference("2020-2030", 1, dict.fromkeys(range(1, 300), 100.0))
    world.reference("9999", 1, {})
    assert {level["level"] for level in _levels(api, PREVI)} == {"f1"}


def test_newest_complete_period_is_current(api: Api, world: World) -> None:
    _ordinary(world, 1, flow=100, reference=80)
    world.reference("2020-2030", 1, dict.fromkeys(FULL_YEAR, 100.0))
    assert {level["level"] for level in _levels(api, PREVI)} == {"n"}


def test_fault_05_constant_zero_reference_excludes_the_station(api: Api, world: World) -> None:
    _ordinary(world, 1, reference=0.0)
    assert _levels(api, PREVI) == []


def test_fault_05_reference_with_long_runs_of_zero_excludes_the_station(api: Api, world: World) -> None:
    _ordinary(world, 1)
    world.reference("2020-2030", 1, {day: 0.0 if day < 85 else 50.0 for day in FULL_YEAR})
    world.execute("DELETE FROM guyane.stations_reference_flow WHERE period_id = "
                  f"(SELECT id FROM guyane.stations_reference_flow_period WHERE period = '{PERIOD}')")  # fmt: skip
    assert _levels(api, PREVI) == []


def test_fault_03_nan_in_the_reference_makes_a_period_unusable(api: Api, world: World) -> None:
    _ordinary(world, 1, flow=100, reference=80)
    world.reference("2020-2030", 1, {day: float("nan") if day == 7 else 100.0 for day in FULL_YEAR})
    assert {level["level"] for level in _levels(api, PREVI)} == {"f1"}


def test_fault_08_level_of_small_rivers_uses_unrounded_flows(api: Api, world: World) -> None:
    _ordinary(world, 1, flow=7.4, reference=6.6)
    assert _levels(api, PREVI)[0] == {
        "date": "2026-05-12", "flow": 7, "level": "f1", "source": "forecast", "anomaly": 11,
    }  # fmt: skip


@pytest.mark.parametrize("dataset", ["assimilated", "mgbstandard"])
def test_fault_11_lists_are_anchored_on_the_configured_dataset(api: Api, world: World, dataset: str) -> None:
    world.dataset(dataset)
    world.station(1)
    newest = {"assimilated": OBSERVED, "mgbstandard": OBSERVED - timedelta(days=3)}
    for name, day in newest.items():
        world.observed(days_back(101, [150.0] * 20, newest=day), name, day)
    world.forecast(days_ahead(101, [60.0] * 10, after=OBSERVED - timedelta(days=5)))
    world.reference(PERIOD, 1, dict.fromkeys(FULL_YEAR, 55.0))
    assert _levels(api, ALERTS)[0]["date"] == newest[dataset].isoformat()
    sources = {level["date"]: level["source"] for level in _levels(api, PREVI)}
    assert sources[newest[dataset].isoformat()] == dataset
    assert sources[(newest[dataset] + timedelta(days=1)).isoformat()] == "forecast"
    record = api.json(f"{PREVI}/1/data")["data"]
    assert record["flow"][-1]["date"] == newest[dataset].isoformat()
    assert {item["source"] for item in record["flow"]} == {dataset}
    assert record["forecast"][0]["date"] == (newest[dataset] + timedelta(days=1)).isoformat()


def test_fault_29_missing_configuration_row_reads_as_the_default(api: Api, world: World) -> None:
    _ordinary(world, 1)
    world.execute("DELETE FROM guyane.sagui_saguiconfig")
    try:
        assert _levels(api, PREVI)[-1]["source"] == "assimilated"
    finally:
        world.execute("INSERT INTO guyane.sagui_saguiconfig (id) VALUES (1)")


def test_fault_123_two_stations_on_one_minibasin_both_have_levels(api: Api, world: World) -> None:
    _ordinary(world, 1)
    world.station(2, cell=101)
    world.reference(PERIOD, 2, dict.fromkeys(FULL_YEAR, 50.0))
    assert _levels(api, PREVI, 0) == _levels(api, PREVI, 1) != []


# ----- series of a station


def test_previ_record_has_the_contract_shape(api: Api, world: World) -> None:
    _ordinary(world, 1)
    world.reference("2000-2010", 1, dict.fromkeys(FULL_YEAR, 40.0))
    record = api.json(f"{PREVI}/1/data.json")
    assert list(record) == ["id", "minibasin", "city", "river", "unit", "data"]
    assert [record[key] for key in list(record)[:5]] == [1, 101, "Station 1", "Maroni", "m³/sec"]
    data = record["data"]
    assert list(data) == ["flow", "forecast", "references"]
    assert data["flow"][0] == {"source": "assimilated", "date": "2026-04-23", "flow": 50.0, "flow_mad": 3.0}
    assert data["forecast"][-1] == {"source": "forecast", "date": "2026-05-12", "flow": 50.0, "flow_mad": 3.0}
    assert [len(data["flow"]), len(data["forecast"])] == [10, 10]
    assert [reference["id"] for reference in data["references"]] == [PERIOD, "2000-2010"]
    assert data["references"][0]["data"][0] == {"source": PERIOD, "date": "2026-04-23", "flow": 50.0}
    assert b'"flow":50.0,' in api.get(f"{PREVI}/1/data").content


def test_alerts_record_has_the_contract_shape(api: Api, world: World) -> None:
    _ordinary(world, 1)
    record = api.json(f"{ALERTS}/1/data.json?duration=2")
    assert list(record) == ["id", "minibasin", "city", "river", "unit", "data", "thresholds"]
    assert list(record["data"]) == ["flow", "forecast"]
    assert record["data"]["flow"] == [
        {"source": "assimilated", "date": day, "flow": 50.0, "flow_mad": 3.0, "flow_expected": 48.0}
        for day in ("2026-05-01", "2026-05-02")
    ]
    assert list(record["data"]["forecast"][0]) == ["source", "date", "flow", "flow_mad"]
    assert record["thresholds"] == [
        {
            "threshold_drought": 10.0,
            "threshold_flood_low": 100.0,
            "threshold_flood_mid": 200.0,
            "threshold_flood_high": 300.0,
        }
    ]


def test_previ_csv_is_exact(api: Api, world: World) -> None:
    world.station(4)
    world.observed([Day(104, OBSERVED, 120.5, 5.5)])
    world.forecast([Day(104, OBSERVED + timedelta(days=1), 123.5, None)])
    expected = b"source,date,flow,flow_mad\r\nassimilated,2026-05-02,120,6\r\nforecast,2026-05-03,124,0\r\n"
    for response in (
        api.get(f"{PREVI}/4/data.csv"),
        api.get(f"{PREVI}/4/data.csv/"),
        api.get(f"{PREVI}/4/data?format=csv"),
        api.get(f"{PREVI}/4/data", HTTP_ACCEPT="text/csv"),
    ):
        assert (response.status_code, response.content) == (200, expected)
        assert response["Content-Type"] == "text/csv"
        assert response["Content-Disposition"] == 'attachment; filename="station_4_previ_record.csv"'


def test_fault_01_unset_thresholds_are_left_out(api: Api, world: World) -> None:
    world.station(1, thresholds=(None, 100.0, None, None))
    world.station(2, thresholds=(None, None, None, None))
    assert api.json(f"{ALERTS}/1/data")["thresholds"] == [{"threshold_flood_low": 100.0}]
    assert api.json(f"{ALERTS}/2/data")["thresholds"] == [{}]


def test_fault_79_period_with_a_missing_day_is_left_out_whole(api: Api, world: World) -> None:
    _ordinary(world, 1)
    hole = reference_day(OBSERVED)
    world.reference("2020-2030", 1, {day: 50.0 for day in FULL_YEAR if day != hole})
    data = api.json(f"{PREVI}/1/data")["data"]
    assert [reference["id"] for reference in data["references"]] == [PERIOD]
    assert [item["date"] for item in data["references"][0]["data"]] == [
        item["date"] for item in data["flow"] + data["forecast"]
    ]


def test_fault_79_without_alignable_reference_the_key_is_absent(api: Api, world: World) -> None:
    _ordinary(world, 1)
    world.execute(f"DELETE FROM guyane.stations_reference_flow WHERE day_of_year = {reference_day(OBSERVED)}")
    assert list(api.json(f"{PREVI}/1/data")["data"]) == ["flow", "forecast"]


def test_fault_79_day_366_needs_no_row_of_its_own(api: Api, world: World) -> None:
    newest = date(2024, 12, 31)
    world.station(1)
    world.observed(days_back(101, [50.0] * 400, newest=newest), newest=newest)
    world.reference(PERIOD, 1, {day: float(day) for day in range(1, 366)})
    data = api.json(f"{PREVI}/1/data?duration=400")["data"]
    by_date = {item["date"]: item["flow"] for item in data["references"][0]["data"]}
    assert (by_date["2024-12-31"], by_date["2024-02-29"], by_date["2024-03-01"]) == (365.0, 60.0, 60.0)


def test_fault_80_no_forecast_is_an_empty_list(api: Api, world: World) -> None:
    world.station(1)
    world.observed(days_back(101, [50.0] * 5))
    for path in (PREVI, ALERTS):
        data = api.json(f"{path}/1/data")["data"]
        assert (len(data["flow"]), data["forecast"]) == (5, [])


def test_no_data_at_all_are_two_empty_lists(api: Api, world: World) -> None:
    world.station(1)
    world.reference(PERIOD, 1, dict.fromkeys(FULL_YEAR, 50.0))
    for path in (PREVI, ALERTS):
        assert api.json(f"{path}/1/data")["data"] == {"flow": [], "forecast": []}
    assert api.get(f"{PREVI}/1/data.csv").content == b"source,date,flow,flow_mad\r\n"


def test_fault_81_missing_values_are_bearable(api: Api, world: World) -> None:
    world.station(1)
    nan = float("nan")
    world.observed(
        [Day(101, OBSERVED - timedelta(days=2), None), Day(101, OBSERVED - timedelta(days=1), nan, nan, nan),
         Day(101, OBSERVED, 7.0, None, None)]
    )  # fmt: skip
    world.forecast(days_ahead(101, [None, 8.0], mad=None))
    data = api.json(f"{ALERTS}/1/data")["data"]
    assert data["flow"] == [
        {"source": "assimilated", "date": "2026-05-02", "flow": 7.0, "flow_mad": 0.0, "flow_expected": None}
    ]
    assert data["forecast"] == [{"source": "forecast", "date": "2026-05-04", "flow": 8.0, "flow_mad": 0.0}]


def test_fault_59_forecast_of_one_member_shows_its_mean(api: Api, world: World) -> None:
    world.station(1)
    world.forecast(days_ahead(101, [None] * 2, mad=None, mean=33.0))
    assert [item["flow"] for item in api.json(f"{PREVI}/1/data")["data"]["forecast"]] == [33.0, 33.0]


@pytest.mark.parametrize(
    "text", ["ten", "-1", "0", "1.5", "", "1831", "99999999999", "%C2%B2", "1e3", "nan", "+5"]
)
@pytest.mark.parametrize("path", [f"{PREVI}/1/data", f"{ALERTS}/1/data.json", f"{PREVI}/1/data.csv"])
def test_fault_82_wrong_duration_is_a_described_400(api: Api, world: World, path: str, text: str) -> None:
    world.station(1)
    response = api.get(f"{path}?duration={text}")
    assert response.status_code == 400
    assert response["Content-Type"] == "application/json"
    body = response.json()
    assert list(body) == ["detail", "title", "status", "errors"]
    assert "1 to 1830" in body["detail"]
    assert list(body["errors"]) == ["duration"]


def test_fault_82_duration_counts_days_back_from_the_newest(api: Api, world: World) -> None:
    _ordinary(world, 1)
    for days in (1, 7, 1830):
        dates = [item["date"] for item in api.json(f"{PREVI}/1/data?duration={days}")["data"]["flow"]]
        assert len(dates) == min(days, 20)
        assert dates[-1] == OBSERVED.isoformat()


@pytest.mark.parametrize("number", ["0", "99", str(2**70)])
@pytest.mark.parametrize("suffix", ["", ".json", ".csv"])
def test_fault_83_unknown_station_is_404_json(api: Api, world: World, number: str, suffix: str) -> None:
    response = api.get(f"{PREVI}/{number}/data{suffix}")
    assert (response.status_code, response["Content-Type"]) == (404, "application/json")
    assert response.json()["detail"] == f"There is no station {number}."


def test_negative_zero_is_not_shown(api: Api, world: World) -> None:
    world.station(1)
    world.observed([Day(101, OBSERVED, -0.3)])
    assert b'"flow":0.0' in api.get(f"{ALERTS}/1/data").content


def test_one_answer_shows_one_state_of_the_data(
    api: Api, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _ordinary(world, 1)
    before = api.json(f"{PREVI}/1/data")

    def load_between(*arguments: Any, **options: Any) -> Any:
        world.execute("DELETE FROM guyane.hyfaa_data_forecast")
        return flow_days(*arguments, **options)

    monkeypatch.setattr("sagui_backend.api.stations.flow_days", load_between)
    assert api.json(f"{PREVI}/1/data") == before
    assert api.json(f"{PREVI}/1/data")["data"]["forecast"] == []


# ----- cost


# Most SELECTs that an answer may take, by an address of each kind.
COSTS = {
    PREVI: 5, ALERTS: 4, f"{PREVI}/1/data?duration=1830": 4, f"{PREVI}/1/data.csv": 3, f"{ALERTS}/1/data": 3,
    "/api/v1/dashboard": 6, "/api/v1/rain_alerts/basins": 2, "/api/v1/atmo/files": 0, "/api/v1/atmo/classes": 1,
    "/api/v1/": 0, "/api/v1/map": 1, "/api/v1/cells/101/data": 4, "/dashboards/": 7, "/dashboards/flow/": 5,
}  # fmt: skip


def test_fault_86_every_public_address_has_a_bound(api: Api) -> None:
    routes = {str(pattern.pattern): pattern.name for pattern in _patterns(get_resolver().url_patterns)}
    public = {name for route, name in routes.items() if re.match(r"\^?(api/v1/|dashboards/)", route) and name}
    assert {resolve(path.partition("?")[0]).url_name for path in COSTS} == public


def _patterns(entries: Iterable[Any]) -> Iterator[Any]:
    for entry in entries:
        if hasattr(entry, "url_patterns"):
            # Only what stands at the top: the admin has its own name space.
            yield from _patterns(entry.url_patterns) if str(entry.pattern) == "" else ()
        else:
            yield entry


@pytest.mark.parametrize(("path", "most"), COSTS.items())
def test_fault_86_87_number_of_queries_does_not_grow(api: Api, world: World, path: str, most: int) -> None:
    counts = []
    for numbers in ((1,), tuple(range(2, 12))):
        _ordinary(world, *numbers)
        world.execute(
            "INSERT INTO guyane.hyfaa_minibasins_data VALUES (101, 15, 1, 1, 1) ON CONFLICT DO NOTHING"
        )
        with CaptureQueriesContext(connection) as queries:
            assert api.get(path).status_code == 200
        counts.append(sum("SELECT" in query["sql"] for query in queries.captured_queries))
    assert counts[0] == counts[1] <= most
