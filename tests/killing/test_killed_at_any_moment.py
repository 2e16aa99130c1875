"""Days of the platform while its processes are killed at random: each day ends published, once, without a hand."""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg2
import pytest
import requests
import yaml

from sagui_pipelines.flow.consistency import compare_series
from sagui_pipelines.hyfaa.rain_store import RainStore
from sagui_pipelines.hyfaa.snapshot import current_snapshot
from sagui_pipelines.hyfaa.solutions import FORCING_ONMESH, Solution
from sagui_pipelines.nights import DAY_TAG
from sagui_pipelines.postgis.engine import create_engine
from sagui_pipelines.rainfall.consistency import compare_rain
from tests.conftest import free_port_offset
from tests.killing import journal
from tests.killing.victims import Killer
from tools.native import demo
from tools.native.dagster_api import DagsterApi, DagsterRefused
from tools.native.layout import ROOT
from tools.native.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(3600)]

KILLS = int(os.environ.get("SAGUI_TEST_KILLS", "50"))
SEED = 20_260_110
CELLS = 60
HISTORY_DAYS = 400
DAYS = 30
KILLS_A_DAY = 5
LONGEST_WAIT_S = 12.0
DAY_DEADLINE_S = 300.0
FLOW_LAYERS = ("hyfaa_data_with_assimilated_aggregate_geo", "hyfaa_data_with_mgbstandard_aggregate_geo")
RAIN_LAYER = "rainfall_minibasin_aggregated_geo"
TABLES = {"hyfaa_data_mgbstandard", "hyfaa_data_assimilated", "hyfaa_data_forecast", "sagui_rainfall"}


def impatient_configuration(folder: Path) -> Path:
    """The instance's own configuration, looking more often."""
    configuration = yaml.safe_load((ROOT / "compose" / "dagster" / "dagster.yaml").read_text())
    configuration["run_monitoring"] |= {
        "start_timeout_seconds": 120,
        "poll_interval_seconds": 2,
        "free_slots_after_run_end_seconds": 1,
    }
    path = folder / "dagster.yaml"
    path.write_text(yaml.safe_dump(configuration))
    return path


class Days:
    """A simulated basin whose days begin when the test says so.

    Args:
        folder: for all its state.
    """

    def __init__(self, folder: Path) -> None:
        self.clock = folder / "today"
        self.today = datetime.now(UTC).date() - timedelta(days=DAYS)
        self.clock.write_text(self.today.isoformat())
        self.stack = Stack(
            folder / ".sagui",
            free_port_offset(),
            {
                "SAGUI_TILESERV": "stand-in",
                "SAGUI_CELLS": str(CELLS),
                "SAGUI_HISTORY_START": (self.today - timedelta(days=HISTORY_DAYS)).isoformat(),
                "SAGUI_SIMULATED_TODAY_FILE": str(self.clock),
                "SAGUI_DAGSTER_CONFIG": str(impatient_configuration(folder)),
                "SAGUI_RETRY_SECONDS": "1",
                "SAGUI_LOAD_RETRY_MINUTES": "0.1",
                "SAGUI_DAILY_RETRY_MINUTES": "0.1",
            },
        )

        self.api = DagsterApi(self.stack.layout.url("dagster", "127.0.0.1"))

    def begin_next(self) -> date:
        """Let the next day dawn and the daily run begin, as the schedule does at its hour."""
        self.today += timedelta(days=1)
        self.clock.write_text(self.today.isoformat())
        deadline = time.monotonic() + 60
        while True:
            try:
                self.api.launch("daily", {DAY_TAG: self.today.isoformat()})
            except (requests.RequestException, ValueError, DagsterRefused):
                # Somebody was just killed; at its hour the schedule tries again, too.
                assert time.monotonic() < deadline, "the daily run could not be started"
                time.sleep(0.5)
            else:
                return self.today

    def is_published(self) -> bool:
        """True when every layer shows the day; false also while nobody can be asked."""
        try:
            found = journal.publications(self.stack, [*FLOW_LAYERS, RAIN_LAYER], self.today)
            rain = journal.publications(self.stack, [RAIN_LAYER], self.today - timedelta(days=1))
        except psycopg2.OperationalError:
            return False
        return all(found[layer] for layer in FLOW_LAYERS) and rain[RAIN_LAYER] > 0

    def is_quiet(self) -> bool:
        """True when Dagster has nothing under way."""
        try:
            [(busy,)] = journal.ask_dagster(
                self.stack,
                "SELECT count(*) FROM runs WHERE status NOT IN ('SUCCESS', 'FAILURE', 'CANCELED')",
            )
        except psycopg2.OperationalError:
            return False
        return int(busy) == 0


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Days]:
    """The platform with a tiny basin, up to date some weeks ago."""
    folder = tmp_path_factory.mktemp("killing")
    made = Days(folder)
    try:
        made.stack.up()
        demo.materialize(made.stack)
        journal.install(made.stack)
        yield made
    finally:
        made.stack.down()
    shutil.rmtree(folder, ignore_errors=True)


def wait_for(condition: object, what: str, deadline_s: float) -> None:
    """Poll until a condition holds."""
    deadline = time.monotonic() + deadline_s
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, what
        time.sleep(0.25)


def test_every_day_is_published_once_whoever_is_killed(days: Days) -> None:
    stack, killer = days.stack, Killer(days.stack, random.Random(SEED))
    while len(killer.done) < KILLS:
        before = journal.newest_log_line(stack)
        struck = len(killer.done)
        begun = time.monotonic()
        day = days.begin_next()
        while len(killer.done) < min(KILLS, struck + KILLS_A_DAY):
            if not killer.strike(lambda: not days.is_published(), LONGEST_WAIT_S):
                break
        victims = killer.done[struck:]
        wait_for(days.is_published, f"{day} is not published after {victims}", DAY_DEADLINE_S)
        wait_for(days.is_quiet, f"{day}: runs are left after {victims}", DAY_DEADLINE_S)
        print(f"{day}: {victims}, {time.monotonic() - begun:.0f} s", flush=True)
        told = f"{day} after {victims}"
        assert journal.changing_loads(stack, before) == dict.fromkeys(TABLES, 1), told
        assert journal.publications(stack, FLOW_LAYERS, day) == dict.fromkeys(FLOW_LAYERS, 1), told
        assert journal.published_twice(stack) == [], told
        check_tables(days, told)


def check_tables(days: Days, told: str) -> None:
    """Every value of the files stands in the tables, no day is due, and the import state says so."""
    layout = days.stack.layout
    engine = create_engine(days.stack.cluster.url("pipelines"))
    simulation = layout.state_dir / "simulation"
    comparisons = [compare_rain(engine, RainStore(simulation / "hyfaa" / FORCING_ONMESH))]
    for solution in (Solution.MGBSTANDARD, Solution.ASSIMILATED):
        with current_snapshot(layout.state_dir / "snapshots", solution).open() as portal:
            comparisons.append(compare_series(engine, portal, solution))
    engine.dispose()
    assert [(comparison.differences, comparison.due) for comparison in comparisons] == [((), 0)] * 3, told
    assert {comparison.rows for comparison in comparisons} == {CELLS * comparisons[0].days}, told
    states = journal.ask(
        days.stack,
        "SELECT tablename, last_date, update_errors FROM guyane.sagui_importstate"
        " WHERE tablename LIKE 'hyfaa_data_%%' AND tablename <> 'hyfaa_data_forecast'",
    )
    assert {(last, errors) for _, last, errors in states} == {(days.today, 0)}, told
