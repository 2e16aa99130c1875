"""Which stations an import inserts, updates, keeps: without a database."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sagui_pipelines.geography.station_plan import StoredStation, plan_import, values_of
from sagui_pipelines.geography.stations import MINIMAL_FIELDS, Station, StationList

ALPHA = Station(2, "alpha", "Alpha", "Lawa", 6, 5.0, 100.0, 200.0, None, (-53.95, 3.05))
BETA = Station(3, "beta", "Beta", "Mana", 2, None, 50.0, None, None, (-53.5, 3.05))


def listed(*stations: Station) -> StationList:
    return StationList(Path("stations.xlsx"), stations)


def stored(station: Station, number: int = 1, **edits: object) -> StoredStation:
    return StoredStation(number, values_of(station) | edits, values_of(station))


def test_the_same_list_changes_nothing() -> None:
    plan = plan_import([stored(ALPHA), stored(BETA, 2)], listed(ALPHA, BETA))
    assert (plan.inserts, plan.updates, plan.unchanged, plan.kept_edits, plan.problems) == ([], [], 2, [], [])


def test_a_new_value_of_the_file_is_taken() -> None:
    plan = plan_import([stored(ALPHA)], listed(replace(ALPHA, threshold_flood_mid=250.0)))
    [update] = plan.updates
    assert update.current["threshold_flood_mid"] == update.imported["threshold_flood_mid"] == 250.0


def test_an_edit_survives_this_import_and_the_next() -> None:
    edited = stored(ALPHA, threshold_flood_mid=300.0)
    plan = plan_import([edited], listed(ALPHA))
    assert plan.unchanged == 1
    assert plan.kept_edits == [
        "station 1 (Alpha): threshold_flood_mid stays 300.0 as edited; the file says 200.0"
    ]
    newer = replace(ALPHA, threshold_flood_mid=250.0, river="Maroni")
    [update] = plan_import([edited], listed(newer)).updates
    assert update.current["threshold_flood_mid"] == 300.0
    assert update.current["river"] == "Maroni"
    again = plan_import([StoredStation(1, update.current, update.imported)], listed(newer))
    assert again.unchanged == 1
    assert len(again.kept_edits) == 1


def test_a_field_that_earlier_imports_did_not_know_is_taken() -> None:
    before = values_of(ALPHA)
    old = StoredStation(1, before, {name: before[name] for name in before if name != "reference_conversion"})
    [update] = plan_import([old], listed(replace(ALPHA, reference_conversion="f - 75"))).updates
    assert update.current["reference_conversion"] == update.imported["reference_conversion"] == "f - 75"


def test_an_edit_goes_when_asked() -> None:
    edited = stored(ALPHA, threshold_flood_mid=300.0, name="Alpha Falls")
    [update] = plan_import([edited], listed(ALPHA), overwrite_edits=True).updates
    assert update.current == values_of(ALPHA)


def test_an_edit_that_the_file_catches_up_with_is_none() -> None:
    edited = stored(ALPHA, threshold_flood_mid=250.0)
    newer = replace(ALPHA, threshold_flood_mid=250.0)
    plan = plan_import([edited], listed(newer))
    assert plan.kept_edits == []
    assert plan.updates[0].imported["threshold_flood_mid"] == 250.0


def test_a_position_rounded_by_the_map_widget_is_no_edit() -> None:
    rounded = stored(ALPHA, position=(-53.95000000004, 3.05))
    assert plan_import([rounded], listed(ALPHA)).kept_edits == []
    moved = stored(ALPHA, position=(-53.94, 3.05))
    assert len(plan_import([moved], listed(ALPHA)).kept_edits) == 1


def test_matching_by_code_then_imported_code_then_name() -> None:
    renamed = stored(ALPHA, 7, code="alpha-2", name="Alpha Falls")
    by_hand = StoredStation(9, values_of(replace(BETA, code="b")), {})
    plan = plan_import([renamed, by_hand], listed(BETA, ALPHA))
    assert plan.inserts == []
    assert [update.id for update in plan.updates] == [9]
    assert plan.updates[0].current["code"] == "b"
    assert {edit.split(":")[0] for edit in plan.kept_edits} == {"station 7 (Alpha Falls)", "station 9 (Beta)"}


def test_a_name_that_moves_to_another_code_does_not_take_its_station() -> None:
    swapped = [replace(ALPHA, name="Gamma"), replace(BETA, row=3, code="new", name="Alpha")]
    plan = plan_import([stored(ALPHA)], listed(*swapped))
    assert [station.code for station in plan.inserts] == ["new"]
    assert plan.problems == ["row 3, name 'Alpha' belongs to station 1; rename one in the admin"]


def test_stations_that_the_file_lacks_stay() -> None:
    plan = plan_import([stored(ALPHA), stored(BETA, 2)], listed(ALPHA))
    assert plan.absent == ["station 2 (Beta)"]


def test_a_file_that_disagrees_with_an_edit_is_refused() -> None:
    edited = stored(ALPHA, threshold_flood_low=150.0)
    plan = plan_import([edited], listed(replace(ALPHA, threshold_flood_mid=140.0)))
    assert plan.problems == [
        "station 1, threshold_flood_mid 140 is not above threshold_flood_low 150 (edits of administrators included)"
    ]


def test_a_minimal_list_leaves_the_other_fields_alone() -> None:
    minimal = StationList(Path("stations.csv"), (Station(2, "alpha", "Alpha", None, 6),), MINIMAL_FIELDS)
    assert plan_import([stored(ALPHA)], minimal).unchanged == 1
