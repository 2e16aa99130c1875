"""The jobs on a small basin: every asset is made, a bad source stops nothing but itself, a second run changes nothing."""

from __future__ import annotations

import shutil
from collections import Counter
from datetime import timedelta

import dagster as dg
import pytest

from sagui_pipelines import asset_kit
from sagui_pipelines.hyfaa.solutions import FILES, FORCING_ONMESH, Solution
from sagui_pipelines.resources import Postgis
from sagui_pipelines.sensors import range_tags
from tests.conftest import free_port
from tests.pipelines.house import CELLS, START, UNTIL, House, failures, materialized

pytestmark = pytest.mark.postgis


def test_all_jobs_make_all_assets_and_a_second_time_changes_nothing(house: House) -> None:
    first = house.run_all()
    assert [result.success for result in first] == [True] * 7
    days = (UNTIL - START).days
    assert house.count("hyfaa_data_mgbstandard") == house.count("hyfaa_data_assimilated") == CELLS * days
    assert house.count("sagui_rainfall") == CELLS * days
    assert house.count("hyfaa_data_forecast") == CELLS * 10
    versions = house.database.query("SELECT layer, data_version, published_at FROM guyane.sagui_publication")
    assert len(versions) >= 9

    second = house.run_all()
    assert [result.success for result in second] == [True] * 3
    assert house.due().days == {}
    assert versions == house.database.query(
        "SELECT layer, data_version, published_at FROM guyane.sagui_publication"
    )


def test_a_day_loaded_again_changes_no_row(house: House) -> None:
    house.run_all()
    before = house.database.query(
        "SELECT sum(hashtext(t::text)::bigint) FROM guyane.hyfaa_data_assimilated AS t"
    )
    result = house.run("flow_assimilated", {"dagster/partition": str(UNTIL - timedelta(days=3))})
    assert result.success
    [event] = result.get_asset_materialization_events()
    metadata = event.materialization.metadata
    assert metadata["unchanged"].value == metadata["dagster/row_count"].value == CELLS
    assert before == house.database.query(
        "SELECT sum(hashtext(t::text)::bigint) FROM guyane.hyfaa_data_assimilated AS t"
    )


def test_a_range_is_one_event_a_day_and_a_constant(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_EMIT_PARTITION_SUBSET_IN_PLANNED_EVENTS", "true")
    house.run("daily")
    house.run("flow_mgbstandard", range_tags(START, UNTIL))
    written = []
    for n_days in (10, 366):
        tags = range_tags(UNTIL - timedelta(days=n_days - 1), UNTIL)
        result = house.run("flow_mgbstandard", tags)
        records = house.instance.all_logs(result.run_id)
        written.append(Counter(record.dagster_event_type for record in records))
        assert written[-1].pop(dg.DagsterEventType.ASSET_MATERIALIZATION) == n_days
    assert written[0] == written[1]
    assert written[0][dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED] == 1
    assert written[0].total() <= 60, dict(written[0])


def test_materialization_tells_rows_dates_version_and_shows_a_plot(house: House) -> None:
    house.run_all()
    latest = house.instance.get_latest_materialization_event(
        dg.AssetKey(["guyane", "hyfaa_data_assimilated"])
    )
    assert latest is not None
    assert latest.asset_materialization is not None
    metadata = latest.asset_materialization.metadata
    assert metadata["first_date"].value == str(START + timedelta(days=1))
    assert metadata["last_date"].value == str(UNTIL)
    assert metadata["dagster/row_count"].value == CELLS * (UNTIL - START).days
    assert len(str(metadata["file_version"].value)) == 16
    assert str(metadata["hydrograph"].value).count("data:image/png;base64,") == 1


def test_truncated_portal_fails_alone(house: House) -> None:
    portal = house.basin / "hyfaa" / FILES[Solution.ASSIMILATED].portal
    portal.write_bytes(portal.read_bytes()[:5000])
    result = house.run("daily")
    told = failures(result)
    assert set(told) == {"hyfaa__assimilated_portal"}
    assert told["hyfaa__assimilated_portal"].startswith("SourceCorrupt: ")
    assert str(portal) in told["hyfaa__assimilated_portal"]
    assert materialized(result) >= {"mgbstandard_portal", "forecast_portal"}
    assert "assimilated_portal" not in materialized(result)


def test_missing_rain_stops_neither_flow_nor_publication(house: House) -> None:
    house.run("geography")
    house.run("daily")
    shutil.rmtree(house.basin / "hyfaa" / FORCING_ONMESH)
    due = house.due()
    assert "forcing_onmesh_db" in due.problems[0].source
    assert [result.success for result in house.run_series(due)] == [True, True]
    rain = house.run("rainfall", range_tags(START, UNTIL))
    assert failures(rain)["guyane__sagui_rainfall"].startswith("SourceMissing: ")
    assert house.run("publication").success
    assert house.count("hyfaa_data_aggregated_geo") > 0


def test_missing_geography_stops_no_series(house: House) -> None:
    shutil.rmtree(house.basin / "geodata")
    results = house.run_all()
    assert "SourceMissing: " in failures(results[0])["geodata__drainage"]
    assert house.count("hyfaa_data_mgbstandard") == CELLS * (UNTIL - START).days
    assert house.count("hyfaa_data_aggregated_geo") == 0


def test_missing_forecast_folder_leaves_the_other_layers(house: House) -> None:
    shutil.rmtree((house.basin / "hyfaa" / FILES[Solution.FORECAST].portal).parent)
    results = house.run_all()
    assert failures(results[1]).keys() == {"hyfaa__forecast_portal"}
    assert results[-1].success
    assert house.count("hyfaa_forecast_aggregated_geo") > 0  # observed days are shown all the same


def test_lock_of_the_model_is_tried_again_and_then_told(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asset_kit, "RETRY_WAIT_S", 0)
    lock = house.basin / "hyfaa" / FILES[Solution.MGBSTANDARD].lock
    lock.write_bytes(b"")
    result = house.run("daily")
    restarts = [e for e in result.all_events if e.event_type is dg.DagsterEventType.STEP_RESTARTED]
    assert len(restarts) == asset_kit.RETRIES
    assert failures(result)["hyfaa__mgbstandard_portal"].startswith("SourceNotReady: ")
    assert str(lock) in failures(result)["hyfaa__mgbstandard_portal"]
    assert "assimilated_portal" in materialized(result)


def test_database_that_does_not_answer_is_tried_again_and_then_told(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asset_kit, "RETRY_WAIT_S", 0)
    house.run("daily")
    due = house.due()
    house.resources["postgis"] = Postgis(url=f"postgresql://nobody:x@127.0.0.1:{free_port()}/none")
    results = house.run_series(due)
    told = [text for result in results for text in failures(result).values()]
    assert len(told) == 3
    assert all(text.startswith("DatabaseUnavailable: ") for text in told)
    assert house.count("hyfaa_data_mgbstandard") == 0


def test_forecast_of_another_issue_day_is_refused(house: House) -> None:
    house.run_all()
    result = house.run("forecast", {"dagster/partition": str(UNTIL - timedelta(days=1))})
    assert failures(result)["guyane__hyfaa_data_forecast"].startswith("DayNotAvailable: ")


def test_days_that_the_file_lacks_are_marked(house: House) -> None:
    house.run("daily")
    result = house.run("flow_mgbstandard", range_tags(UNTIL - timedelta(days=1), UNTIL + timedelta(days=1)))
    assert result.success
    absent = {
        event.partition: "absent" in event.materialization.metadata
        for event in result.get_asset_materialization_events()
    }
    assert absent == {
        str(UNTIL - timedelta(days=1)): False,
        str(UNTIL): False,
        str(UNTIL + timedelta(days=1)): True,
    }
