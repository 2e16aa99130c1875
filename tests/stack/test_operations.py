"""The running platform under its own load: one run a backfill, few events, few connections."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import psycopg2
import pytest

from tools.native.dagster_api import DagsterApi
from tools.native.stack import Stack

pytestmark = pytest.mark.stack

MOST_CONNECTIONS = 25
CONSTANT_EVENTS = 60
_PAUSE_S = 0.1


@contextmanager
def connections_counted(stack: Stack) -> Iterator[Counter[str]]:
    """Largest number of server connections at any moment of a block, as `all`, and per role."""
    most: Counter[str] = Counter()
    done = threading.Event()

    def count() -> None:
        connection = psycopg2.connect(stack.cluster.url("superuser"))
        connection.autocommit = True
        with connection.cursor() as cursor:
            while not done.wait(_PAUSE_S):
                cursor.execute(
                    "SELECT usename, count(*) FROM pg_stat_activity"
                    " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() GROUP BY usename"
                )
                present = Counter(dict(cursor.fetchall()))
                most["all"] = max(most["all"], present.total())
                for role, number in present.items():
                    most[role] = max(most[role], number)
        connection.close()

    thread = threading.Thread(target=count)
    thread.start()
    try:
        yield most
    finally:
        done.set()
        thread.join()


def events(stack: Stack, runs: list[str]) -> Counter[str]:
    """Rows of Dagster's event log of some runs, by type."""
    connection = psycopg2.connect(stack.cluster.url("superuser", "dagster"))
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT coalesce(dagster_event_type, 'LOG'), count(*) FROM event_logs"
                " WHERE run_id = ANY(%s) GROUP BY 1",
                (runs,),
            )
            return Counter(dict(cursor.fetchall()))
    finally:
        connection.close()


def test_a_backfill_is_one_run_with_one_event_a_day_and_a_constant(stack: Stack) -> None:
    api = DagsterApi(stack.layout.url("dagster", "127.0.0.1"))
    start = date.fromisoformat(stack.environment["SAGUI_HISTORY_START"])
    written: list[Counter[str]] = []
    for n_days in (10, 365):
        days = [(start + timedelta(days=number)).isoformat() for number in range(1, 1 + n_days)]
        runs = api.wait_for_backfill(api.backfill(["guyane", "hyfaa_data_mgbstandard"], days), 300)
        assert [run["status"] for run in runs] == ["SUCCESS"]
        written.append(events(stack, [run["id"] for run in runs]))
        assert written[-1].pop("ASSET_MATERIALIZATION") == n_days
    of_some_days, of_a_year = written
    assert of_a_year == of_some_days
    assert of_a_year["ASSET_MATERIALIZATION_PLANNED"] == 1
    assert of_a_year["STEP_WORKER_STARTED"] == 0
    assert of_a_year.total() <= CONSTANT_EVENTS, dict(of_a_year)


def test_the_daily_work_needs_few_connections(stack: Stack) -> None:
    api = DagsterApi(stack.layout.url("dagster", "127.0.0.1"))
    day = (date.fromisoformat(stack.environment["SAGUI_HISTORY_START"]) + timedelta(days=1)).isoformat()
    with connections_counted(stack) as most:
        night = api.launch("daily")
        backfills = [
            api.backfill(["guyane", table], [day])
            for table in ("hyfaa_data_mgbstandard", "hyfaa_data_assimilated", "sagui_rainfall")
        ]
        publication = api.launch("publication")
        assert api.wait_for_run(night, 300) == api.wait_for_run(publication, 300) == "SUCCESS"
        for backfill in backfills:
            api.wait_for_backfill(backfill, 300)
    assert 0 < most["all"] <= MOST_CONNECTIONS, dict(most)
    assert most["sagui_dagster"] > 0
    assert most["sagui_pipelines"] > 0
