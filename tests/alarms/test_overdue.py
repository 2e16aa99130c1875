"""When data count as late, who waits for whom, and what operators are told of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from sagui_pipelines.alarms import open_incidents
from sagui_pipelines.alarms.freshness import MADE_FROM, expected_day, missed_slots, overdue
from sagui_pipelines.alarms.series import newest_days, tell_overdue
from sagui_pipelines.alarms.settings import AlarmSettings, Language
from tests.conftest import Database

RAIN, MODEL, ASSIMILATED, FORECAST = (
    "sagui_rainfall",
    "hyfaa_data_mgbstandard",
    "hyfaa_data_assimilated",
    "hyfaa_data_forecast",
)
TODAY = date(2031, 5, 10)
SETTINGS = AlarmSettings(deadline_hour=15)


def at(hour: int, minute: int = 0, day: date = TODAY) -> datetime:
    """A time of a day, UTC."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


def ago(days: int) -> date:
    """A day before today."""
    return TODAY - timedelta(days=days)


@pytest.mark.parametrize(
    ("now", "expected"), [(at(14, 59), ago(2)), (at(15), ago(1)), (at(23, 59), ago(1)), (at(0), ago(2))]
)
def test_yesterday_is_due_at_the_deadline(now: datetime, expected: date) -> None:
    assert expected_day(now, 15) == expected


@pytest.mark.parametrize(("newest", "missed"), [(0, 0), (1, 0), (2, 1), (9, 8)])
def test_missed_slots_are_days_behind(newest: int, missed: int) -> None:
    assert missed_slots(ago(newest), at(15), 15) == missed


def late(newest: dict[str, int], tolerated: int = 0) -> dict[str, tuple[int, tuple[str, ...]]]:
    """Missing days and those that wait, by series."""
    found = overdue(
        {table: ago(days) for table, days in newest.items()}, at(15), deadline_hour=15, tolerated=tolerated
    )
    return {table: (lateness.missed, lateness.also) for table, lateness in found.items()}


def test_nothing_is_late_that_is_on_time_or_was_never_loaded() -> None:
    assert late({RAIN: 1, MODEL: 0, ASSIMILATED: 1}) == {}
    assert late({}) == {}


def test_what_waits_for_rain_is_named_with_rain() -> None:
    found = late({RAIN: 3, MODEL: 3, ASSIMILATED: 2, FORECAST: 3})
    assert found == {RAIN: (2, (MODEL, ASSIMILATED, FORECAST))}


def test_a_series_that_is_later_than_its_source_has_a_reason_of_its_own() -> None:
    assert late({RAIN: 1, MODEL: 1, ASSIMILATED: 4, FORECAST: 1}) == {ASSIMILATED: (3, ())}
    assert late({RAIN: 2, MODEL: 4, ASSIMILATED: 2, FORECAST: 4}) == {
        RAIN: (1, (ASSIMILATED,)),
        MODEL: (3, (FORECAST,)),
    }


def test_some_delay_may_be_tolerated() -> None:
    assert late({RAIN: 3, MODEL: 1}, tolerated=2) == {}
    assert late({RAIN: 4, MODEL: 1}, tolerated=2) == {RAIN: (3, ())}


def load(database: Database, table: str, day: date, rows: int = 5) -> None:
    """A day of a series as loaded."""
    database.query(
        "INSERT INTO guyane.sagui_importday (tablename, date, row_count) VALUES (%s, %s, %s)",
        table,
        day,
        rows,
    )


@pytest.mark.postgis
def test_one_message_per_lateness_and_one_all_clear(engine: sa.Engine, database: Database) -> None:
    for table in MADE_FROM:
        load(database, table, ago(2))
    load(database, RAIN, ago(0), rows=0)
    load(database, "something_else", ago(9))
    assert newest_days(engine) == dict.fromkeys(MADE_FROM, ago(2))
    assert tell_overdue(engine, SETTINGS, at(14, 59)) == []
    for minute in range(5):
        assert tell_overdue(engine, SETTINGS, at(15, minute)) == [RAIN]
    [incident] = open_incidents(engine)
    assert incident.key == "freshness/sagui_rainfall"
    assert incident.occurrences == 1, "looking again is no new occurrence"
    assert incident.fact == (
        "The newest day is 2031-05-08; 2031-05-09 is due since 2031-05-10 15:00 UTC. Days missing: 1.\n"
        "Late as well: flow (model only), flow (with satellite levels), flow forecast."
    )
    for table in (RAIN, MODEL, ASSIMILATED, FORECAST):
        load(database, table, ago(1))
    assert tell_overdue(engine, SETTINGS, at(16)) == []
    assert tell_overdue(engine, SETTINGS, at(17)) == []
    kinds = database.query("SELECT kind FROM guyane.sagui_alarmmessage ORDER BY id")
    assert kinds == [("opened",), ("closed",)]


@pytest.mark.postgis
def test_no_all_clear_for_a_series_that_now_waits_for_another(engine: sa.Engine, database: Database) -> None:
    for table, days in ((RAIN, 1), (MODEL, 3)):
        load(database, table, ago(days))
    assert tell_overdue(engine, SETTINGS, at(15)) == [MODEL]
    load(database, MODEL, ago(1))
    tomorrow = TODAY + timedelta(days=1)
    database.query("DELETE FROM guyane.sagui_importday WHERE tablename = %s AND date = %s", MODEL, ago(1))
    load(database, MODEL, ago(2))
    database.query("DELETE FROM guyane.sagui_importday WHERE tablename = %s AND date = %s", RAIN, ago(1))
    load(database, RAIN, ago(2))
    assert tell_overdue(engine, SETTINGS, at(15, day=tomorrow)) == [RAIN]
    assert {incident.key for incident in open_incidents(engine)} == {
        f"freshness/{MODEL}",
        f"freshness/{RAIN}",
    }


@pytest.mark.postgis
def test_operators_read_it_in_their_language(engine: sa.Engine, database: Database) -> None:
    load(database, RAIN, ago(5))
    tell_overdue(engine, AlarmSettings(deadline_hour=15, language=Language.FRENCH), at(15))
    [incident] = open_incidents(engine)
    assert incident.title == "pluie : données en retard"
    assert "Jours manquants : 4" in incident.fact
