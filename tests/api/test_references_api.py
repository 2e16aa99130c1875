"""References that were converted to fit a gauge are compared, and drawn, in the terms of the model."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from api_world import FULL_YEAR, OBSERVED, Api, Day, World, days_ahead, days_back

from sagui_pipelines.geography.stations import read_stations

pytestmark = pytest.mark.postgis

PERIOD, OLDER = "2010-2020", "2000-2010"
CONVERSION = "f ** 0.5 - 20"
ON_DAY = OBSERVED.timetuple().tm_yday


def _levels(api: Api, number: int = 1) -> dict[str, tuple[str, int]]:
    page = api.json("/api/v1/flow_previ/stations.json")
    [station] = [feature for feature in page["results"]["features"] if feature["id"] == number]
    return {day["date"]: (day["level"], day["anomaly"]) for day in station["properties"]["levels"]}


def _references(api: Api, number: int = 1) -> dict[str, list[float]]:
    data = api.json(f"/api/v1/flow_previ/stations/{number}/data.json")["data"]
    return {block["id"]: [day["flow"] for day in block["data"]] for block in data.get("references", [])}


def test_fault_006_a_flow_is_compared_with_the_flow_behind_the_reference(api: Api, world: World) -> None:
    world.station(1, conversion=CONVERSION)
    world.reference(PERIOD, 1, dict.fromkeys(FULL_YEAR, 10.0))
    # 30 squared is 900: the flow of the model that the formula turns into 10.
    world.observed([Day(101, OBSERVED, 900.0)])
    world.forecast(days_ahead(101, [1000.0]))
    levels = _levels(api)
    assert levels[OBSERVED.isoformat()] == ("n", 0)
    assert sorted(levels.values()) == [("f1", 11), ("n", 0)]
    assert _references(api) == {PERIOD: [900.0, 900.0]}


def test_fault_006_without_a_formula_references_are_taken_as_they_are(api: Api, world: World) -> None:
    world.station(1)
    world.reference(PERIOD, 1, dict.fromkeys(FULL_YEAR, 10.0))
    world.observed([Day(101, OBSERVED, 900.0)])
    assert _levels(api)[OBSERVED.isoformat()] == ("f3", 196)
    assert _references(api) == {PERIOD: [10.0]}


def test_fault_005_a_day_cut_off_at_zero_is_unknown_and_spares_the_others(api: Api, world: World) -> None:
    world.station(1, conversion=CONVERSION)
    dry = {day: 0.0 for day in FULL_YEAR if day != ON_DAY}
    world.reference(PERIOD, 1, dry | {ON_DAY: 10.0})
    world.observed(days_back(101, [900.0, 900.0]))
    assert _levels(api) == {OBSERVED.isoformat(): ("n", 0)}
    assert _references(api) == {}, "a series with an unknown day would be drawn against the wrong days"


def test_fault_005_a_period_without_any_known_day_gives_way_to_an_older_one(api: Api, world: World) -> None:
    world.station(1, conversion=CONVERSION)
    world.reference(PERIOD, 1, dict.fromkeys(FULL_YEAR, 0.0))
    world.reference(OLDER, 1, dict.fromkeys(FULL_YEAR, 10.0))
    world.observed([Day(101, OBSERVED, 900.0)])
    assert _levels(api) == {OBSERVED.isoformat(): ("n", 0)}
    assert _references(api) == {OLDER: [900.0]}


@pytest.mark.shared_data
def test_fault_006_the_delivered_references_are_normal_flows(
    api: Api, world: World, shared_data: Path
) -> None:
    """Where the model carries what it carried in 2010-2020, nobody is warned; Kourou's reference is unknown."""
    listed = read_stations(shared_data / "guyane" / "stations_surveillance_guyane.xlsx").stations
    path = shared_data / "guyane" / "MGB-HYFAA_MSWEP_Guyane_1980-2020_Q_R_ref_data_kv.csv"
    flows: dict[int, dict[int, float]] = defaultdict(dict)
    with path.open(newline="") as stream:
        for row in csv.DictReader(stream):
            if row["ref_period"] == PERIOD:
                flows[int(row["mini"])][int(row["day_of_year"])] = float(row["flow"])
    for number, station in enumerate(listed, start=1):
        world.station(number, station.minibasin_id, conversion=station.reference_conversion)
        world.reference(PERIOD, number, flows[station.minibasin_id])
    usual: dict[int, float] = {}
    for number, station in enumerate(listed, start=1):
        world.observed([Day(station.minibasin_id, OBSERVED, 1.0)])
        for [flow] in _references(api, number).values():
            usual[number] = flow
    assert len(usual) == 12
    for number, station in enumerate(listed, start=1):
        if number in usual:
            world.execute(
                f"UPDATE guyane.hyfaa_data_assimilated SET flow_median = {usual[number]} "
                f"WHERE cell_id = {station.minibasin_id}"
            )
    by_name = {station.name: _levels(api, number) for number, station in enumerate(listed, start=1)}
    assert by_name.pop("Kourou") == {}
    assert {level for levels in by_name.values() for level, _ in levels.values()} == {"n"}
    raw: dict[str, Any] = {station.name: flows[station.minibasin_id][ON_DAY] for station in listed}
    assert usual[1] == pytest.approx(1.5 * (raw["Maripasoula"] + 200), abs=1)
