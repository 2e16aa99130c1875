"""Incidents in a real database: told once, counted while they last, over once."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
import sqlalchemy as sa

from sagui_pipelines.alarms import all_clear, open_incidents, report
from sagui_pipelines.alarms.incidents import keep_subjects
from sagui_pipelines.alarms.problem import Occasion, Severity
from sagui_pipelines.alarms.settings import AlarmSettings
from sagui_pipelines.errors import DatabaseUnavailable
from sagui_pipelines.postgis.engine import create_engine
from tests.alarms.samples import CORRUPT, MORNING, later
from tests.conftest import Database, free_port

pytestmark = pytest.mark.postgis

NOBODY = AlarmSettings()
TWO = AlarmSettings(smtp_host="mail", mail_to=("a@example.org", "b@example.org"), webhook_url="http://hook")


def queued(database: Database) -> list[tuple[object, ...]]:
    """Messages written, in order."""
    return database.query("SELECT kind, channel, destination FROM guyane.sagui_alarmmessage ORDER BY id")


def test_told_once_however_often_it_is_reported(engine: sa.Engine, database: Database) -> None:
    told = [report(engine, CORRUPT, settings=NOBODY, now=later(minutes=n)) for n in range(50)]
    assert told == [Occasion.OPENED, *[None] * 49]
    assert queued(database) == [("opened", "folder", "")]
    [incident] = open_incidents(engine)
    assert incident.occurrences == 50
    assert incident.opened_at == MORNING
    assert database.query("SELECT last_seen_at FROM guyane.sagui_incident") == [(later(minutes=49),)]


def test_the_all_clear_comes_once_and_a_new_incident_is_told_again(
    engine: sa.Engine, database: Database
) -> None:
    report(engine, CORRUPT, settings=NOBODY)
    assert all_clear(engine, CORRUPT.key)
    assert not all_clear(engine, CORRUPT.key)
    assert open_incidents(engine) == []
    assert report(engine, CORRUPT, settings=NOBODY) is Occasion.OPENED
    assert [kind for kind, *_ in queued(database)] == ["opened", "closed", "opened"]
    assert database.query("SELECT count(*), count(closed_at) FROM guyane.sagui_incident") == [(2, 1)]


def test_nothing_is_over_that_never_was(engine: sa.Engine, database: Database) -> None:
    assert not all_clear(engine, "never/heard/of")
    assert queued(database) == []


def test_everybody_is_told_and_only_they_hear_of_the_end(engine: sa.Engine, database: Database) -> None:
    report(engine, CORRUPT, settings=TWO)
    all_clear(engine, CORRUPT.key)
    places = [("mail", "a@example.org"), ("mail", "b@example.org"), ("webhook", "")]
    assert queued(database) == [(kind, *place) for kind in ("opened", "closed") for place in places]


def test_worse_is_told_once_and_milder_is_not(engine: sa.Engine, database: Database) -> None:
    mild = replace(CORRUPT, severity=Severity.WARNING, fact="a few days are missing")
    told = [report(engine, problem, settings=NOBODY) for problem in (mild, CORRUPT, mild, CORRUPT)]
    assert told == [Occasion.OPENED, Occasion.WORSENED, None, None]
    [incident] = open_incidents(engine)
    assert (incident.severity, incident.fact) == (Severity.ERROR, CORRUPT.fact)
    assert [kind for kind, *_ in queued(database)] == ["opened", "worsened"]


def test_what_is_too_mild_is_recorded_and_told_to_nobody(engine: sa.Engine, database: Database) -> None:
    strict = AlarmSettings(minimum_severity=Severity.ERROR)
    mild = replace(CORRUPT, severity=Severity.WARNING)
    assert report(engine, mild, settings=strict) is None
    assert len(open_incidents(engine)) == 1
    assert queued(database) == []
    assert report(engine, CORRUPT, settings=strict) is Occasion.OPENED
    all_clear(engine, CORRUPT.key)
    report(engine, mild, settings=strict)
    all_clear(engine, mild.key)
    assert [kind for kind, *_ in queued(database)] == ["opened", "closed"]


def test_it_ends_when_the_last_subject_is_well(engine: sa.Engine, database: Database) -> None:
    for day in ("2031-05-01", "2031-05-02", "2031-05-02"):
        report(engine, replace(CORRUPT, subject=day), settings=NOBODY)
    [incident] = open_incidents(engine)
    assert incident.subjects == ("2031-05-01", "2031-05-02")
    assert not all_clear(engine, CORRUPT.key, "2031-05-02")
    assert not all_clear(engine, CORRUPT.key, "2031-04-30")
    assert all_clear(engine, CORRUPT.key, "2031-05-01")
    assert [kind for kind, *_ in queued(database)] == ["opened", "closed"]


def test_subjects_can_shrink(engine: sa.Engine) -> None:
    report(engine, replace(CORRUPT, subject="all of May"), settings=NOBODY)
    assert not keep_subjects(engine, CORRUPT.key, lambda _: ["end of May"])
    assert open_incidents(engine)[0].subjects == ("end of May",)
    assert keep_subjects(engine, CORRUPT.key, lambda _: [])


def test_reports_at_the_same_moment_are_one_incident(engine: sa.Engine, database: Database) -> None:
    told: list[Occasion | None] = []
    start = threading.Barrier(4)

    def tell() -> None:
        own = create_engine(database.url())
        start.wait(timeout=30)
        told.extend(report(own, CORRUPT, settings=NOBODY) for _ in range(5))
        own.dispose()

    threads = [threading.Thread(target=tell) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(told) == 20
    assert told.count(Occasion.OPENED) == 1
    assert told.count(None) == 19
    assert len(queued(database)) == 1


def test_incidents_are_found_by_the_beginning_of_their_key(engine: sa.Engine) -> None:
    for key in ("check/a", "check/b", "failure/c"):
        report(engine, replace(CORRUPT, key=key), settings=NOBODY)
    assert [incident.key for incident in open_incidents(engine, "check/")] == ["check/a", "check/b"]
    assert open_incidents(engine, "check_") == []


def test_a_silent_database_is_an_error_of_ours() -> None:
    nobody = create_engine(f"postgresql://nobody:x@127.0.0.1:{free_port()}/none")
    with pytest.raises(DatabaseUnavailable):
        report(nobody, CORRUPT, settings=NOBODY)
    with pytest.raises(DatabaseUnavailable):
        all_clear(nobody, CORRUPT.key)


@pytest.mark.parametrize("role", ["tileserv", "api"])
def test_only_the_pipelines_write_incidents(database: Database, role: str) -> None:
    with (
        pytest.raises(sa.exc.ProgrammingError, match="permission denied"),
        database.engine(role).begin() as opened,
    ):
        opened.execute(sa.text("UPDATE guyane.sagui_incident SET closed_at = now()"))
