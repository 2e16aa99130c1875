"""The standing list of partitions whose newest attempt failed."""

from __future__ import annotations

from datetime import date

import dagster as dg
import pytest

from sagui_pipelines.asset_kit import table_key
from sagui_pipelines.operations.failed_partitions import as_ranges, failed_partitions
from sagui_pipelines.partitions import DAYS
from sagui_pipelines.sensors import range_tags
from tests.pipelines.house import House

pytestmark = pytest.mark.postgis
KEY = table_key("sagui_rainfall")


@pytest.mark.parametrize("days", [("2024-01-10", "2024-01-12"), ("2024-01-10", "2024-01-10")])
def test_a_failed_range_is_listed_until_it_is_loaded(
    house: House, instance: dg.DagsterInstance, days: tuple[str, str]
) -> None:
    house.instance = instance
    wanted = range_tags(*(date.fromisoformat(day) for day in days))
    store = house.basin / "hyfaa" / "databases" / "forcing_onmesh_db"
    away = store.with_name("away")
    house.run("geography")
    store.rename(away)
    assert not house.run("rainfall", wanted).success
    failed = failed_partitions(instance, KEY)
    assert (min(failed), max(failed)) == days
    check = house.run("maintenance").get_asset_check_evaluations()
    [told] = [found for found in check if found.check_name == "no_partition_failed"]
    assert not told.passed
    assert days[0] in str(told.description)
    away.rename(store)
    assert house.run("rainfall", wanted).success
    assert failed_partitions(instance, KEY) == set()


def test_neighbours_are_put_together() -> None:
    keys = {"2024-03-01", "2024-03-02", "2024-03-03", "2024-03-07"}
    assert as_ranges(DAYS, keys) == ["2024-03-01 to 2024-03-03", "2024-03-07"]
    assert as_ranges(DAYS, set()) == []
