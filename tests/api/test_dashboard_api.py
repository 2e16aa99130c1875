"""The dashboard: codes, histograms, freshness, and what happens when parts of the data are missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from api_world import FULL_YEAR, OBSERVED, Api, Day, World, days_ahead, days_back

pytestmark = pytest.mark.postgis

PERIOD = "2010-2020"
KEYS = ["id", "alert_code", "description", "histogram", "attributes", "data_date", "stale"]


def _entries(api: Api) -> dict[str, dict[str, Any]]:
    return {entry["id"]: entry for entry in api.json("/api/v1/dashboard")}


def _station(world: World, number: int, on_alert_day: float | None, reference: float | None = 100.0) -> None:
    """A station with 50 m3/s on each forecast day but the alert day."""
    world.station(number)
    world.forecast(days_ahead(number + 100, [50.0] * 4 + [on_alert_day] + [50.0] * 5))
    if reference is not None:
        world.reference(PERIOD, number, dict.fromkeys(FULL_YEAR, reference))


def test_dashboard_has_the_contract_shape(api: Api, world: World) -> None:
    world.observed([Day(101, OBSERVED, 9.0), Day(102, OBSERVED, 120.0), Day(103, OBSERVED, 50.0)])
    for number, flow in ((1, 140.0), (2, 70.0), (3, 100.0)):
        _station(world, number, flow)
    world.minibasins({101: 1, 102: 1, 103: 2})
    world.rain(OBSERVED, {101: 0.0, 102: 6.0, 103: 21.0})
    body = api.json("/api/v1/dashboard.json")
    assert [entry["id"] for entry in body] == ["flow_previ", "flow_alerts", "rain_alerts"]
    assert all(list(entry) == KEYS for entry in body)
    previ, flow, rain = body
    assert list(previ["histogram"].items()) == [
        ("d3", 0), ("d2", 1), ("d1", 0), ("n", 1), ("f1", 0), ("f2", 1), ("f3", 0), ("unknown", 0),
    ]  # fmt: skip
    assert previ["alert_code"] == "d2"
    assert list(previ["attributes"].items()) == [
        ("anomaly_avg", -1.0),
        ("anomaly_min", -35.0),
        ("anomaly_max", 33.0),
    ]
    assert flow["alert_code"] == "d2"
    assert list(flow["histogram"].items()) == [
        ("f3", 0),
        ("f2", 0),
        ("d2", 1),
        ("f1", 1),
        ("n", 1),
        ("unknown", 0),
    ]
    assert flow["attributes"] == {}
    assert rain["alert_code"] == "r2"
    assert list(rain["histogram"].items()) == [("n", 1), ("r1", 1), ("r2", 1), ("r3", 0), ("unknown", 0)]
    assert b'"anomaly_avg":-1.0' in api.get("/api/v1/dashboard").content


def test_fault_84_each_section_stands_alone_on_an_empty_platform(api: Api, world: World) -> None:
    entries = _entries(api)
    assert {entry["alert_code"] for entry in entries.values()} == {None}
    assert {count for entry in entries.values() for count in entry["histogram"].values()} == {0}
    assert entries["flow_previ"]["attributes"] == {
        "anomaly_avg": None,
        "anomaly_min": None,
        "anomaly_max": None,
    }
    assert all(entry["stale"] and entry["data_date"] is None for entry in entries.values())


def test_fault_84_sections_with_data_survive_those_without(api: Api, world: World) -> None:
    world.station(1)
    world.observed([Day(101, OBSERVED, 150.0)])
    entries = _entries(api)
    assert [entries[name]["alert_code"] for name in ("flow_previ", "flow_alerts", "rain_alerts")] == [
        None,
        "f1",
        None,
    ]
    assert entries["flow_previ"]["histogram"]["unknown"] == 1


def test_fault_09_alert_day_is_found_by_date_not_by_position(api: Api, world: World) -> None:
    world.observed([Day(101, OBSERVED, 50.0)])
    world.station(1)
    world.reference(PERIOD, 1, dict.fromkeys(FULL_YEAR, 100.0))
    # The second forecast day is missing, so the fifth item is not the fifth day.
    flows = [100.0, None, 100.0, 100.0, 400.0, 100.0]
    world.forecast([day for day in days_ahead(101, flows) if day.flow is not None])
    previ = _entries(api)["flow_previ"]
    assert (previ["alert_code"], previ["histogram"]["f3"]) == ("f3", 1)


def test_fault_10_short_forecast_is_unknown_for_its_station_only(api: Api, world: World) -> None:
    world.observed([Day(101, OBSERVED, 50.0), Day(102, OBSERVED, 50.0)])
    _station(world, 1, 140.0)
    world.station(2)
    world.reference(PERIOD, 2, dict.fromkeys(FULL_YEAR, 100.0))
    world.forecast(days_ahead(102, [500.0] * 4))
    previ = _entries(api)["flow_previ"]
    assert (previ["alert_code"], previ["histogram"]["f2"], previ["histogram"]["unknown"]) == ("f2", 1, 1)


def test_fault_05_invalid_references_do_not_drive_the_global_code(api: Api, world: World) -> None:
    world.observed([Day(101, OBSERVED, 50.0)])
    _station(world, 1, 100.0)
    _station(world, 2, 800.0, reference=0.0)
    _station(world, 3, 800.0, reference=None)
    previ = _entries(api)["flow_previ"]
    assert (previ["alert_code"], previ["histogram"]["n"], previ["histogram"]["unknown"]) == ("n", 1, 2)
    assert previ["attributes"]["anomaly_max"] == 0.0


def test_fault_22_23_station_without_the_newest_day_is_unknown(api: Api, world: World) -> None:
    world.station(1)
    world.station(2)
    world.station(3, thresholds=(None, None, None, None))
    world.observed(
        [Day(101, OBSERVED - timedelta(days=1), 500.0), Day(102, OBSERVED, 50.0), Day(103, OBSERVED, 50.0)]
    )
    flow = _entries(api)["flow_alerts"]
    assert (flow["alert_code"], flow["histogram"]["n"], flow["histogram"]["unknown"]) == ("n", 1, 2)


def test_fault_11_codes_are_anchored_on_the_configured_dataset(api: Api, world: World) -> None:
    world.dataset("mgbstandard")
    world.station(1)
    world.observed([Day(101, OBSERVED, 350.0)], "mgbstandard")
    later = OBSERVED + timedelta(days=4)
    world.observed([Day(101, later, 50.0)], "assimilated", later)
    flow = _entries(api)["flow_alerts"]
    assert (flow["alert_code"], flow["data_date"]) == ("f3", OBSERVED.isoformat())


def test_fault_15_16_rain_classes_have_no_upper_end_and_no_rounding(api: Api, world: World) -> None:
    rain = {1: 4.6, 2: 5.0, 3: 19.9, 4: 20.0, 5: 49.99, 6: 50.0, 7: 480.0}
    world.minibasins(dict.fromkeys(range(1, 10), 1))
    world.rain(OBSERVED, rain)
    histogram = _entries(api)["rain_alerts"]["histogram"]
    assert histogram == {"n": 1, "r1": 2, "r2": 2, "r3": 2, "unknown": 2}


@pytest.mark.parametrize(("mm", "code"), [(4.9, "n"), (19.6, "r1"), (49.6, "r2"), (50.0, "r3")])
def test_fault_16_global_rain_code_is_unrounded(api: Api, world: World, mm: float, code: str) -> None:
    world.minibasins({1: 1})
    world.rain(OBSERVED, {1: mm})
    assert _entries(api)["rain_alerts"]["alert_code"] == code


def test_fault_17_sub_basins_are_weighted_by_area(api: Api, world: World) -> None:
    world.minibasins({1: 1, 2: 1}, {1: 3.0, 2: 1.0})
    world.rain(OBSERVED, {1: 0.0, 2: 40.0})
    assert api.json("/api/v1/rain_alerts/basins")["results"] == [{"id": "sub_1", "rain": 10.0, "level": "r1"}]
    assert _entries(api)["rain_alerts"]["alert_code"] == "r1"


def test_fault_97_rain_levels_per_basin_have_an_endpoint(api: Api, world: World) -> None:
    world.minibasins({1: 1, 2: 2, 3: 3})
    world.rain(OBSERVED, {1: 4.96, 2: 55.0})
    assert api.json("/api/v1/rain_alerts/basins.json") == {
        "date": OBSERVED.isoformat(),
        "results": [{"id": "sub_1", "rain": 5.0, "level": "n"}, {"id": "sub_2", "rain": 55.0, "level": "r3"}],
    }


def test_fault_18_rain_without_geography_is_unavailable_not_normal(api: Api, world: World) -> None:
    world.rain(OBSERVED, {1: 60.0})
    rain = _entries(api)["rain_alerts"]
    assert (rain["alert_code"], rain["histogram"]["r3"], rain["data_date"]) == (None, 1, OBSERVED.isoformat())


@pytest.mark.parametrize(("age", "stale"), [(0, False), (2, False), (3, True), (400, True)])
def test_fault_21_every_answer_says_its_date_and_whether_it_is_stale(
    api: Api, world: World, age: int, stale: bool
) -> None:
    newest = datetime.now(UTC).date() - timedelta(days=age)
    world.station(1)
    world.observed([Day(101, newest, 50.0)], newest=newest)
    world.forecast(days_ahead(101, [50.0] * 10, after=newest), newest)
    world.rain(newest, {1: 1.0})
    entries = _entries(api)
    assert {(entry["data_date"], entry["stale"]) for entry in entries.values()} == {
        (newest.isoformat(), stale)
    }
    for path in (
        "dashboard", "flow_previ/stations", "flow_alerts/stations", "flow_previ/stations/1/data",
        "flow_previ/stations/1/data.csv", "flow_alerts/stations/1/data", "rain_alerts/basins",
    ):  # fmt: skip
        response = api.get(f"/api/v1/{path}")
        assert response["X-Data-Date"] == newest.isoformat(), path
        assert response["X-Data-Stale"] == str(stale).lower(), path


def test_fault_21_old_forecast_under_fresh_flows_is_stale(api: Api, world: World) -> None:
    newest = datetime.now(UTC).date()
    issued = newest - timedelta(days=6)
    world.station(1)
    world.observed([Day(101, newest, 50.0)], newest=newest)
    world.forecast(days_ahead(101, [50.0] * 10, after=issued), issued)
    entries = _entries(api)
    assert (entries["flow_previ"]["data_date"], entries["flow_previ"]["stale"]) == (issued.isoformat(), True)
    assert entries["flow_alerts"]["stale"] is False


def test_fault_21_without_data_there_is_no_date(api: Api, world: World) -> None:
    response = api.get("/api/v1/flow_previ/stations")
    assert "X-Data-Date" not in response
    assert response["X-Data-Stale"] == "true"


def test_days_loaded_without_a_row_do_not_move_the_anchor(api: Api, world: World) -> None:
    world.station(1)
    world.observed(days_back(101, [150.0] * 3))
    world.loaded("hyfaa_data_assimilated", [OBSERVED + timedelta(days=1)], rows=0)
    assert _entries(api)["flow_alerts"]["data_date"] == OBSERVED.isoformat()
