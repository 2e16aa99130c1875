"""What starts runs without a clock: once per content, not at all when nothing is due, again after a failure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from sagui_pipelines import sensors
from sagui_pipelines.hyfaa import assets as hyfaa
from sagui_pipelines.jobs import DAILY
from sagui_pipelines.nights import DAY_TAG
from sagui_pipelines.publication.marks import NOTHING, Marks, parse_marks
from sagui_pipelines.resources import Postgis
from sagui_pipelines.schedules import daily
from tests.conftest import free_port
from tests.pipelines.house import House

SILENT = Postgis(url=f"postgresql://nobody:x@127.0.0.1:{free_port()}/none")


def tick(
    sensor: Callable[..., Any], instance: dg.DagsterInstance, cursor: str | None = None, **resources: Any
) -> dg.SensorResult:
    """One evaluation by the daemon."""
    result = sensor(dg.build_sensor_context(instance=instance, cursor=cursor), **resources)
    assert isinstance(result, dg.SensorResult)
    return result


def asked(result: dg.SensorResult) -> dict[str, dg.RunRequest]:
    """Runs asked for, by job."""
    return {str(request.job_name): request for request in result.run_requests or []}


def load_tick(house: House, cursor: str | None = None) -> dg.SensorResult:
    """One look at the files."""
    return tick(
        sensors.load_due,
        house.instance,
        cursor,
        inputs=house.inputs,
        postgis=house.resources["postgis"],
    )


def unfinished(instance: dg.DagsterInstance, job: str, status: dg.DagsterRunStatus, **tags: str) -> None:
    """A run of a job in some state, as Dagster remembers it."""
    instance.add_run(dg.DagsterRun(job_name=job, status=status, tags=tags))


@pytest.mark.postgis
def test_changed_days_are_loaded_in_one_run_a_table_and_then_nothing_is_due(house: House) -> None:
    house.run("geography")
    house.run("daily")
    first = load_tick(house)
    requests = asked(first)
    assert set(requests) == {"flow_mgbstandard", "flow_assimilated", "rainfall", "forecast"}
    for job, request in requests.items():
        assert house.run(job, dict(request.tags)).success
    later = load_tick(house, first.cursor)
    assert not later.run_requests
    assert "nothing is due" in str(later.skip_reason)


@pytest.mark.postgis
def test_a_day_marked_as_due_is_loaded_again_alone(house: House) -> None:
    house.run_all()
    house.database.query(
        "UPDATE guyane.sagui_importday SET time_added_jd = NULL, source_version = NULL"
        " WHERE tablename = 'hyfaa_data_mgbstandard' AND date = '2024-02-29'",
        role="pipelines",
    )
    [request] = load_tick(house).run_requests or []
    assert request.job_name == "flow_mgbstandard"
    assert request.tags["dagster/asset_partition_range_start"] == "2024-02-29"
    assert request.tags["dagster/asset_partition_range_end"] == "2024-02-29"
    house.run("flow_mgbstandard", dict(request.tags))
    assert not load_tick(house).run_requests


@pytest.mark.postgis
def test_nothing_is_asked_twice_while_a_run_is_under_way_or_about_to_be_retried(house: House) -> None:
    house.run("daily")
    unfinished(house.instance, "rainfall", dg.DagsterRunStatus.STARTING)
    unfinished(house.instance, "forecast", dg.DagsterRunStatus.FAILURE, **{"dagster/will_retry": "true"})
    assert set(asked(load_tick(house))) == {"flow_mgbstandard", "flow_assimilated"}
    unfinished(house.instance, DAILY, dg.DagsterRunStatus.STARTED)
    assert "being renewed" in str(load_tick(house).skip_reason)


@pytest.mark.postgis
def test_a_failed_load_is_asked_for_again_later_under_another_key(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.run("daily")
    first = load_tick(house)
    waiting = load_tick(house, first.cursor)
    assert not waiting.run_requests
    assert "attempt 1 did not succeed" in str(waiting.skip_reason)
    monkeypatch.setattr(sensors, "_LOAD_WAITS", [waits * 0 for waits in sensors._LOAD_WAITS])
    again = load_tick(house, first.cursor)
    keys = {job: request.run_key for job, request in asked(again).items()}
    assert set(keys) == set(asked(first))
    assert all(str(key).endswith("#2") for key in keys.values())


@pytest.mark.postgis
def test_publication_follows_loads_once(house: House) -> None:
    postgis = house.resources["postgis"]
    assert not tick(sensors.publish_due, house.instance, postgis=postgis).run_requests
    house.run_all()
    assert not tick(sensors.publish_due, house.instance, postgis=postgis).run_requests
    house.database.query(
        "UPDATE guyane.hyfaa_data_mgbstandard SET flow_mean = flow_mean + 1 WHERE date = '2024-03-30'"
    )
    house.run("flow_mgbstandard", {"dagster/partition": "2024-03-30"})
    unfinished(house.instance, "rainfall", dg.DagsterRunStatus.STARTED)
    waiting = tick(sensors.publish_due, house.instance, postgis=postgis)
    assert "loads are under way" in str(waiting.skip_reason)
    # An edit does not wait for loads.
    house.database.query("UPDATE guyane.sagui_saguiconfig SET max_ordem = 10", role="api")
    edited = tick(sensors.publish_due, house.instance, postgis=postgis)
    assert len(edited.run_requests or []) == 1
    assert not tick(sensors.publish_due, house.instance, edited.cursor, postgis=postgis).run_requests
    assert house.run("publication").success
    assert "published" in str(tick(sensors.publish_due, house.instance, postgis=postgis).skip_reason)


def test_a_silent_database_is_told_and_nothing_is_missed() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        result = tick(sensors.publish_due, instance, "{}", postgis=SILENT)
    assert result.cursor is None
    assert "make status" in str(result.skip_reason)


def test_a_failed_night_is_tried_again_for_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert not tick(sensors.daily_again, instance).run_requests
        unfinished(instance, DAILY, dg.DagsterRunStatus.FAILURE, **{DAY_TAG: "2026-01-10"})
        instance.report_runless_asset_event(dg.AssetMaterialization(hyfaa.ALL_KEYS[0]))
        first = tick(sensors.daily_again, instance)
        assert "the next is due" in str(first.skip_reason)
        monkeypatch.setattr(sensors, "_NIGHT_WAITS", [waits * 0 for waits in sensors._NIGHT_WAITS])
        [request] = tick(sensors.daily_again, instance, first.cursor).run_requests or []
        assert set(request.asset_selection or []) == set(hyfaa.ALL_KEYS[1:])
        assert request.tags[DAY_TAG] == "2026-01-10"
        unfinished(instance, DAILY, dg.DagsterRunStatus.SUCCESS, **{DAY_TAG: "2026-01-10"})
        assert "did not fail" in str(tick(sensors.daily_again, instance).skip_reason)


def test_the_daily_run_is_known_by_its_utc_day() -> None:
    when = datetime(2026, 1, 10, 22, tzinfo=ZoneInfo("America/Cayenne"))
    request = daily(dg.build_schedule_context(scheduled_execution_time=when))
    assert request.run_key == "daily-2026-01-11"


def test_marks_are_read_back_and_strange_ones_differ() -> None:
    marks = Marks("3/2", "0/0", "117")
    assert parse_marks(str(marks)) == marks
    assert parse_marks("") != NOTHING
