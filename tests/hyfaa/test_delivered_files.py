"""Files that arrive from elsewhere: news is new content, not a new name, time or place."""

from __future__ import annotations

import os
import shutil
from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from sagui_pipelines.hyfaa.delivery import look
from sagui_pipelines.hyfaa.running.plan import ASSIMILATION_DATABASE
from sagui_pipelines.hyfaa.sensors import delivered_files
from sagui_pipelines.hyfaa.solutions import Solution
from sagui_pipelines.resources import Inputs


class Watch:
    """The sensor over one working directory, look after look.

    Args:
        workdir: HYFAA's working directory.
    """

    def __init__(self, workdir: Path) -> None:
        self._inputs = Inputs(
            state_dir="",
            workdir=str(workdir),
            geodata_dir="",
            stations_file="",
            reference_flow_file="",
            refuse_unmatched=True,
            runner="none",
            cells=60,
            seed=5,
            history_start="2025-01-01",
        )
        self._cursor: str | None = None
        self.keys: list[str | None] = []

    def look(self) -> tuple[set[str], set[str], str]:
        """Names of assets that a run is asked for, names of assets observed, and why nothing happens."""
        context = dg.build_sensor_context(cursor=self._cursor, resources={"inputs": self._inputs})
        result = delivered_files(context)
        assert isinstance(result, dg.SensorResult)
        self._cursor = result.cursor or self._cursor
        requests = result.run_requests or []
        self.keys += [request.run_key for request in requests]
        asked = {key.path[-1] for request in requests for key in request.asset_selection or ()}
        reason = result.skip_reason.skip_message if result.skip_reason else ""
        return asked, {event.asset_key.path[-1] for event in result.asset_events}, reason or ""


@pytest.fixture
def watch(hyfaa) -> Watch:
    """A watch that has seen a portal and rain."""
    hyfaa.portal()
    hyfaa.rain(hyfaa_day(1))
    watch = Watch(hyfaa.workdir)
    assert watch.look()[0] == set()
    assert watch.look()[0] == {"mgbstandard_portal", "forcing_onmesh_db"}
    assert watch.look()[0] == set()
    return watch


def hyfaa_day(number: int) -> date:
    """A day of rain."""
    return date(2026, 1, number)


def test_a_file_is_taken_once_it_has_stayed_for_an_interval(hyfaa) -> None:
    watch = Watch(hyfaa.workdir)
    assert watch.look()[2] == "no new content"
    path = hyfaa.portal()
    whole = path.read_bytes()
    for size in (100, len(whole) // 2, len(whole)):
        path.write_bytes(whole[:size])
        assert watch.look()[0] == set()
    assert watch.look()[0] == {"mgbstandard_portal"}


def test_another_name_or_time_is_no_news(hyfaa, watch: Watch) -> None:
    path = hyfaa.path()
    os.utime(path, (1, 1))
    assert [watch.look()[0] for _ in range(3)] == [set()] * 3
    shutil.copy2(path, path.with_name("copy.nc"))
    path.with_name("copy.nc").replace(path)
    assert [watch.look()[0] for _ in range(3)] == [set()] * 3


def test_new_content_under_an_old_time_is_news(hyfaa, watch: Watch) -> None:
    path = hyfaa.path()
    before = path.stat()
    hyfaa.portal(flow=hyfaa.flow(seed=9))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert [watch.look()[0] for _ in range(3)] == [set(), {"mgbstandard_portal"}, set()]


def test_content_that_comes_back_is_news_again_and_every_look_has_its_own_key(hyfaa, watch: Watch) -> None:
    path = hyfaa.path()
    first = path.read_bytes()
    hyfaa.portal(flow=hyfaa.flow(seed=9))
    second = path.read_bytes()
    for content in (first, second, first):
        path.write_bytes(content)
        watch.look()
        watch.look()
    assert len(watch.keys) == len(set(watch.keys))
    assert len(watch.keys) >= 3


def test_the_same_look_taken_again_asks_for_the_same_run(hyfaa) -> None:
    hyfaa.portal()
    watch = Watch(hyfaa.workdir)
    watch.look()
    cursor = watch._cursor
    watch.look()
    watch._cursor = cursor  # the daemon died before it remembered
    watch.look()
    assert len(watch.keys) == 2
    assert len(set(watch.keys)) == 1


def test_rain_is_known_by_its_catalogue(hyfaa, watch: Watch) -> None:
    hyfaa.rain(hyfaa_day(2))
    assert [watch.look()[0] for _ in range(3)] == [set(), {"forcing_onmesh_db"}, set()]
    hyfaa.rain_sql("UPDATE FILEINFO SET file_path = file_path")
    assert [watch.look()[0] for _ in range(3)] == [set()] * 3


def test_stores_that_only_hyfaa_reads_are_observed(hyfaa, watch: Watch) -> None:
    path = hyfaa.workdir / ASSIMILATION_DATABASE
    path.parent.mkdir(parents=True)
    shutil.copy(hyfaa.rain_database, path)
    assert [watch.look()[:2] for _ in range(3)] == [
        (set(), set()),
        (set(), {"assimilation_db"}),
        (set(), set()),
    ]


def test_a_file_that_goes_and_comes_back_is_no_news(hyfaa, watch: Watch) -> None:
    path = hyfaa.path()
    path.rename(path.with_name("aside"))
    assert watch.look()[0] == set()
    path.with_name("aside").rename(path)
    assert [watch.look()[0] for _ in range(3)] == [set()] * 3


def test_a_catalogue_that_is_none_is_told(hyfaa, watch: Watch) -> None:
    hyfaa.rain_database.write_bytes(b"nothing" * 1000)
    watch.look()
    assert "cannot be used as HYFAA's catalogue" in watch.look()[2]


def test_an_empty_folder_has_nothing_to_see(tmp_path: Path) -> None:
    assert look(tmp_path, {}) == {}


def test_every_solution_is_looked_for(hyfaa) -> None:
    for solution in Solution:
        hyfaa.portal(solution)
    watch = Watch(hyfaa.workdir)
    watch.look()
    assert watch.look()[0] == {f"{solution.value}_portal" for solution in Solution}
