"""Dagster's own storage stays small for years, and keeps what it knows of every day."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from sagui_pipelines.asset_kit import table_key
from sagui_pipelines.errors import SettingsInvalid
from sagui_pipelines.operations.retention import storage_state, trim
from sagui_pipelines.sensors import range_tags
from tests.operations.years import Years
from tests.pipelines.house import UNTIL, House, failures

pytestmark = pytest.mark.postgis

RETENTION = timedelta(days=90)
REWRITTEN_DAYS = 30
# The first year is played; from then on each day adds what the last ones did.
FIVE_YEARS, DAYS_PLAYED = 1825, 365
BETWEEN_TRIMS = 5
KEPT_PER_DAY = 6
# Generous: a materialization with its indexes and tags.
KEPT_ROW_KB = 5
RAIN = table_key("sagui_rainfall")


def one_day(house: House, instance: dg.DagsterInstance) -> Years:
    """A night as the platform has it every day: model, loads of the rewritten days, publication, maintenance."""
    house.instance = instance
    assert failures(house.run("daily")) == {}
    days = range_tags(UNTIL - timedelta(days=REWRITTEN_DAYS - 1), UNTIL)
    for job in ("flow_mgbstandard", "flow_assimilated"):
        assert house.run(job, days).success
    assert house.run("rainfall", range_tags(UNTIL - timedelta(days=1), UNTIL - timedelta(days=1))).success
    assert house.run("forecast", {"dagster/partition": UNTIL.isoformat()}).success
    for job in ("publication", "maintenance"):
        assert house.run(job).success
    url = os.environ["SAGUI_DAGSTER_DATABASE_URL"].replace("+psycopg2", "")
    return Years.after_one_day(url)


def test_five_years_of_days_stay_below_two_hundred_megabytes(
    house: House, instance: dg.DagsterInstance
) -> None:
    years, begun = one_day(house, instance), datetime.now(UTC)
    for first in range(1, DAYS_PLAYED, BETWEEN_TRIMS):
        last = first + BETWEEN_TRIMS - 1
        years.pass_days(first, last)
        now = begun + timedelta(days=last)
        trim(instance, now - RETENTION, now)
        years.tidy()
        state = storage_state(instance, now - RETENTION)
        assert state.overdue_events == 0
    kept = years.events_before(now - RETENTION)
    old_days = DAYS_PLAYED - RETENTION.days
    # What stays of an old day: one line a table, and nothing that was replaced since.
    assert kept / old_days <= KEPT_PER_DAY
    growth_mb = (FIVE_YEARS - DAYS_PLAYED) * KEPT_PER_DAY * KEPT_ROW_KB / 1024
    assert state.megabytes + growth_mb <= 200
    for table, first_day in (
        ("hyfaa_data_mgbstandard", UNTIL - timedelta(days=REWRITTEN_DAYS - 1)),
        ("sagui_rainfall", UNTIL - timedelta(days=1)),
    ):
        newest = UNTIL + timedelta(days=DAYS_PLAYED - (table == "sagui_rainfall"))
        expected = {
            (first_day + timedelta(days=number)).isoformat()
            for number in range((newest - first_day).days + 1)
        }
        assert instance.get_materialized_partitions(table_key(table)) == expected


def test_trimming_leaves_runs_under_way_and_the_newest_of_everything(
    house: House, instance: dg.DagsterInstance
) -> None:
    house.instance = instance
    days = range_tags(UNTIL - timedelta(days=3), UNTIL - timedelta(days=1))
    for _ in range(2):
        assert house.run("rainfall", days).success
    working = instance.add_run(dg.DagsterRun(job_name="daily", status=dg.DagsterRunStatus.STARTED))
    instance.report_engine_event("still at it", working)
    newest = {
        day: instance.fetch_materializations(dg.AssetRecordsFilter(RAIN, asset_partitions=[day]), limit=1)
        .records[0]
        .storage_id
        for day in instance.get_materialized_partitions(RAIN)
    }
    later = datetime.now(UTC) + timedelta(days=1)
    removed = trim(instance, later, later)
    assert removed.runs == 2
    assert removed.events > 20
    for day, storage_id in newest.items():
        records = instance.fetch_materializations(
            dg.AssetRecordsFilter(RAIN, asset_partitions=[day]), limit=10
        ).records
        assert [record.storage_id for record in records] == [storage_id]
    assert len(newest) == 3
    assert [run.run_id for run in instance.get_runs()] == [working.run_id]
    assert "still at it" in [event.message for event in instance.all_logs(working.run_id)]
    assert trim(instance, later, later).events == 0


def test_other_storage_than_postgresql_is_refused() -> None:
    with dg.DagsterInstance.ephemeral() as instance, pytest.raises(SettingsInvalid, match="only PostgreSQL"):
        trim(instance, datetime.now(UTC), datetime.now(UTC))
