"""Whatever is missing, every answer is one that the map client can bear."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from api_world import FULL_YEAR, OBSERVED, Api, Day, World
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.postgis

NAN = float("nan")
ABSENT = "no row"
WINDOW = 16
_number = st.none() | st.just(NAN) | st.floats(-5, 5000)
_value = st.just(ABSENT) | _number
LEVELS = {
    "flow_previ": {"d1", "d2", "d3", "n", "f1", "f2", "f3"},
    "flow_alerts": {"d2", "n", "f1", "f2", "f3"},
}


@dataclass(frozen=True)
class Holes:
    """What a generated platform has, and lacks.

    Attributes:
        dataset: the configured one.
        observed, forecast: values per day, oldest first; ABSENT: no row.
        spread: of every day.
        newest: days from OBSERVED to the newest loaded day; None: nothing was loaded.
        issued: the same of the forecast.
        missing: days of the year without reference flow, per period.
        reference: its flow.
        thresholds: which exist.
        rain: per minibasin, of two.
    """

    dataset: str
    observed: list[Any]
    forecast: list[Any]
    spread: float | None
    newest: int | None
    issued: int | None
    missing: list[set[int]]
    reference: float
    thresholds: tuple[bool, ...]
    rain: list[Any]


_holes = st.builds(
    Holes,
    dataset=st.sampled_from(["assimilated", "mgbstandard"]),
    observed=st.lists(_value, min_size=WINDOW, max_size=WINDOW),
    forecast=st.lists(_value, max_size=10),
    spread=_number,
    newest=st.none() | st.integers(-4, 4),
    issued=st.none() | st.integers(-4, 4),
    missing=st.lists(st.sets(st.integers(100, 140), max_size=2) | st.just(set(FULL_YEAR)), max_size=3),
    reference=st.just(0.0) | st.floats(0, 5000),
    thresholds=st.tuples(*[st.booleans()] * 4),
    rain=st.lists(st.just(ABSENT) | st.floats(0, 500), min_size=2, max_size=2),
)


def _build(world: World, holes: Holes) -> None:
    world.clear()
    world.dataset(holes.dataset)
    bounds = (10.0, 100.0, 200.0, 300.0)
    world.station(
        1, thresholds=tuple(b if has else None for b, has in zip(bounds, holes.thresholds, strict=True))
    )
    world.station(2)
    first = OBSERVED - timedelta(days=WINDOW - 1)
    days = [
        Day(101, first + timedelta(days=index), flow, holes.spread, holes.spread)
        for index, flow in enumerate(holes.observed)
        if flow is not ABSENT
    ]
    world.observed(days, holes.dataset)
    world.forecast(
        [
            Day(101, OBSERVED + timedelta(days=index + 1), flow, holes.spread)
            for index, flow in enumerate(holes.forecast)
            if flow is not ABSENT
        ]
    )
    world.execute("DELETE FROM guyane.sagui_importday")
    for table, shift in (
        (f"hyfaa_data_{holes.dataset}", holes.newest),
        ("hyfaa_data_forecast", holes.issued),
    ):
        if shift is not None:
            world.loaded(table, [OBSERVED + timedelta(days=shift)])
    for number, missing in enumerate(holes.missing):
        world.reference(f"200{number}", 1, {day: holes.reference for day in FULL_YEAR if day not in missing})
    world.minibasins({101: 1, 102: 2})
    rain = {101 + index: mm for index, mm in enumerate(holes.rain) if mm is not ABSENT}
    if rain:
        world.rain(OBSERVED, rain)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(holes=_holes)
def test_faults_79_80_81_84_gaps_of_every_kind_are_bearable(
    module_api: Api, module_world: World, holes: Holes
) -> None:
    _build(module_world, holes)
    _check_dashboard(module_api.json("/api/v1/dashboard.json"), stations=2, minibasins=2)
    for theme in LEVELS:
        _check_list(module_api.json(f"/api/v1/{theme}/stations.json"), theme)
        for number in (1, 2):
            for query in ("", "?duration=1", "?duration=1830"):
                _check_record(module_api.json(f"/api/v1/{theme}/stations/{number}/data.json{query}"))
    for path in ("flow_previ/stations/1/data.csv", "rain_alerts/basins", "atmo/files"):
        assert module_api.get(f"/api/v1/{path}").status_code == 200


def _check_dashboard(entries: list[dict[str, Any]], stations: int, minibasins: int) -> None:
    assert [entry["id"] for entry in entries] == ["flow_previ", "flow_alerts", "rain_alerts"]
    totals = [sum(entry["histogram"].values()) for entry in entries]
    assert totals == [stations, stations, minibasins]
    for entry in entries:
        known = {level for level, count in entry["histogram"].items() if count and level != "unknown"}
        assert entry["alert_code"] is None or entry["alert_code"] in entry["histogram"]
        assert (entry["alert_code"] is None) == (not known)


def _check_list(page: dict[str, Any], theme: str) -> None:
    features = page["results"]["features"]
    assert [feature["id"] for feature in features] == [1, 2]
    for feature in features:
        levels = feature["properties"]["levels"]
        assert {level["level"] for level in levels} <= LEVELS[theme]
        dates = [date.fromisoformat(level["date"]) for level in levels]
        assert dates == sorted(set(dates), reverse=True)


def _check_record(record: dict[str, Any]) -> None:
    data = record["data"]
    shown = data["flow"] + data["forecast"]
    dates = [item["date"] for item in shown]
    assert dates == sorted(set(dates))
    assert all(len(day) == 10 for day in dates)
    for item in shown:
        assert isinstance(item["flow"], float)
        assert isinstance(item["flow_mad"], float)
        assert item["flow_mad"] >= -5
    if "references" in data:
        assert data["references"]
        for reference in data["references"]:
            assert [item["date"] for item in reference["data"]] == dates
            assert all(isinstance(item["flow"], float) for item in reference["data"])
    for thresholds in record.get("thresholds", []):
        assert all(isinstance(value, float) for value in thresholds.values())
