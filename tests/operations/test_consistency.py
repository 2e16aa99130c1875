"""Tables against files: what somebody else wrote is found, told, and repaired by the next load."""

from __future__ import annotations

import dagster as dg
import pytest

from tests.pipelines.house import CELLS, UNTIL, House

pytestmark = pytest.mark.postgis


def check_of(result: dg.ExecuteInProcessResult) -> dg.AssetCheckEvaluation:
    """The one check of the run."""
    [evaluation] = result.get_asset_check_evaluations()
    return evaluation


def test_equal_tables_pass_and_nothing_becomes_due(house: House) -> None:
    house.run_all()
    result = house.run("consistency")
    assert result.success
    found = check_of(result)
    assert found.passed
    [event] = result.get_asset_materialization_events()
    metadata = event.materialization.metadata
    assert metadata["rows_compared"].value == 3 * house.count("sagui_rainfall")
    assert metadata["days_due"].value == 0
    assert house.due().days == {}


def test_holes_and_differences_are_found_told_and_repaired(house: House) -> None:
    house.run_all()
    before = house.database.query(
        "SELECT sum(hashtext(t::text)::bigint) FROM guyane.hyfaa_data_mgbstandard AS t"
    )
    house.database.query(
        "DELETE FROM guyane.hyfaa_data_mgbstandard WHERE date = '2024-01-10' AND cell_id <= 7"
    )
    house.database.query(
        "UPDATE guyane.hyfaa_data_mgbstandard SET flow_mean = flow_mean + 1e-9 WHERE date = '2023-05-02' AND cell_id = 3"
    )
    house.database.query(
        "INSERT INTO guyane.sagui_rainfall (cell_id, date, rain) VALUES (%s, '2023-05-02', 1)", CELLS + 1
    )
    result = house.run("consistency")
    found = check_of(result)
    assert not found.passed
    assert found.severity is dg.AssetCheckSeverity.WARN
    told = str(found.metadata["differences"].value)
    assert "| hyfaa_data_mgbstandard | 2024-01-10 | 7 | 0 | 0 |" in told
    assert "| hyfaa_data_mgbstandard | 2023-05-02 | 0 | 0 | 1 |" in told
    assert "| sagui_rainfall | 2023-05-02 | 0 | 1 | 0 |" in told
    due = house.due().days
    assert {str(day) for day in due["hyfaa_data_mgbstandard"]} >= {"2023-05-02", "2024-01-10"}
    assert [str(day) for day in due["sagui_rainfall"]] == ["2023-05-02"]
    assert all(run.success for run in house.run_series(house.due()))
    assert check_of(house.run("consistency")).passed
    assert before == house.database.query(
        "SELECT sum(hashtext(t::text)::bigint) FROM guyane.hyfaa_data_mgbstandard AS t"
    )


def test_days_that_wait_for_their_load_are_not_compared(house: House) -> None:
    house.run_all()
    house.database.query(
        "UPDATE guyane.sagui_importday SET time_added_jd = 1 WHERE tablename = 'hyfaa_data_assimilated' AND date = %s",
        UNTIL,
    )
    result = house.run("consistency")
    assert check_of(result).passed
    [event] = result.get_asset_materialization_events()
    assert event.materialization.metadata["days_due"].value == 1
