"""Silence and missing data are told in time, once, and so is their end; restarts repeat nothing."""

from __future__ import annotations

import pytest

from sagui_pipelines.alarms import open_incidents
from sagui_pipelines.alarms.delivery import channels_of, deliver
from sagui_pipelines.alarms.incidents import report
from sagui_pipelines.alarms.series import tell_overdue
from sagui_pipelines.alarms.stored_outbox import StoredOutbox
from sagui_pipelines.postgis.engine import create_engine
from sagui_pipelines.watchdog.rounds import Watchdog
from tests.alarms.receivers import body, mail_server
from tests.alarms.samples import CORRUPT
from tests.conftest import free_port
from tests.watchdog.platform_parts import Platform
from tests.web_site import running_site

pytestmark = pytest.mark.postgis

NOWHERE = "postgresql://nobody:x@127.0.0.1:{port}/none"
SILENT = "[SAGUI] Problem: Dagster's daemon is silent"
SPEAKS = "[SAGUI] All clear: Dagster's daemon is silent"


def test_a_platform_that_is_well_is_told_to_nobody(platform: Platform) -> None:
    for _ in range(30):
        platform.clock.advance(minutes=1)
        platform.dagster.beat(platform.clock.now)
        assert platform.round() == []
    assert platform.inbox.mails == []
    assert set(platform.edge.paths) == {"/tiles/guyane.hyfaa_data_aggregated_geo/5/11/15.pbf"}


def test_a_silent_daemon_is_told_within_a_quarter_of_an_hour_and_once(platform: Platform) -> None:
    stopped = platform.clock.now
    assert platform.rounds(9) == []
    while not platform.inbox.mails:
        platform.rounds(1)
    assert (platform.clock.now - stopped).total_seconds() <= 15 * 60
    platform.rounds(60)
    assert platform.inbox.subjects() == [SILENT]
    assert "SCHEDULER, SENSOR, QUEUED_RUN_COORDINATOR" in body(platform.inbox.mails[0])
    for _ in range(5):
        platform.clock.advance(minutes=1)
        platform.dagster.beat(platform.clock.now)
        platform.round()
    assert platform.inbox.subjects() == [SILENT, SPEAKS]
    opened, closed = platform.inbox.mails
    assert closed["In-Reply-To"] == opened["Message-ID"]


def test_one_dead_thread_of_a_living_daemon_is_told(platform: Platform) -> None:
    for _ in range(15):
        platform.clock.advance(minutes=1)
        platform.dagster.beat(platform.clock.now, "SCHEDULER", "QUEUED_RUN_COORDINATOR")
        platform.round()
    assert platform.inbox.subjects() == [SILENT]
    assert "from: SENSOR." in body(platform.inbox.mails[0])


def test_a_daemon_that_never_spoke_gets_time_to_start(platform: Platform) -> None:
    platform.dagster.forget()
    assert platform.rounds(10) == []
    assert platform.rounds(3) == ["opened: daemon"]


def test_a_webserver_that_is_down_hides_no_living_daemon(platform: Platform) -> None:
    platform.change(dagster_url=f"http://127.0.0.1:{free_port()}")
    told = []
    for _ in range(20):
        platform.clock.advance(minutes=1)
        platform.dagster.beat(platform.clock.now)
        told += platform.round()
    assert told == ["opened: webserver"]
    assert platform.inbox.subjects() == ["[SAGUI] Problem: The Dagster UI does not answer"]


def test_heartbeats_come_from_the_webserver_where_its_database_cannot_be_reached(platform: Platform) -> None:
    platform.change(dagster_database_url="")
    assert platform.round() == []
    assert platform.rounds(12) == ["opened: daemon"]


def test_everything_down_is_told_all_the_same(platform: Platform) -> None:
    nowhere = NOWHERE.format(port=free_port())
    platform.change(
        dagster_url=f"http://127.0.0.1:{free_port()}",
        edge_url=f"http://127.0.0.1:{free_port()}",
        dagster_database_url=nowhere,
        pipelines_database_url=nowhere,
    )
    assert platform.rounds(3) == []
    assert sorted(platform.rounds(12)) == [
        "opened: daemon",
        "opened: database",
        "opened: edge",
        "opened: webserver",
    ]
    assert len(platform.inbox.mails) == 4
    assert "cannot be read" in body(next(mail for mail in platform.inbox.mails if mail["Subject"] == SILENT))
    assert "x@127" not in "".join(body(mail) for mail in platform.inbox.mails), "no password is mailed"


def test_services_are_told_before_a_look_at_the_data_that_fails(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform.dagster.beat(platform.clock.now.replace(hour=23))
    platform.edge.status = 503
    platform.rounds(3)

    def fail(*_: object) -> None:
        raise ZeroDivisionError("an error that nobody foresaw")

    monkeypatch.setattr("sagui_pipelines.watchdog.rounds.tell_overdue", fail)
    with pytest.raises(ZeroDivisionError):
        platform.rounds(1)
    assert platform.inbox.subjects() == ["[SAGUI] Problem: Map tiles are not delivered"]


def test_a_database_that_comes_back(platform: Platform) -> None:
    working = platform.settings.pipelines_database_url
    platform.change(pipelines_database_url=NOWHERE.format(port=free_port()))
    platform.dagster.beat(platform.clock.now.replace(hour=23))
    assert platform.rounds(10) == ["opened: database"]
    platform.change(pipelines_database_url=working)
    assert platform.rounds(10) == ["closed: database"]
    assert len(platform.inbox.mails) == 2


def test_an_edge_without_tiles(platform: Platform) -> None:
    platform.dagster.beat(platform.clock.now.replace(hour=23))
    platform.edge.status = 503
    assert platform.rounds(3) == []
    platform.edge.status = 200
    assert platform.rounds(3) == [], "a restart is told to nobody"
    platform.edge.status = 404
    assert platform.rounds(10) == ["opened: edge"]
    assert "answers 404" in body(platform.inbox.mails[0])
    for status in (200, 404, 200, 404):
        platform.edge.status = status
        assert platform.rounds(1) == [], "neither is a door that flaps"
    platform.edge.status = 204
    assert platform.rounds(5) == ["closed: edge"]


def test_missing_data_are_told_once_by_whoever_sees_it_first(platform: Platform) -> None:
    platform.clock.now = platform.clock.now.replace(hour=14, minute=58)
    platform.dagster.beat(platform.clock.now.replace(hour=23))
    platform.load("sagui_rainfall", days_ago=2)
    assert platform.rounds(1) == []
    platform.rounds(10)
    assert platform.inbox.subjects() == ["[SAGUI] Problem: rain: data are late"]
    engine = create_engine(platform.database.url())
    tell_overdue(engine, platform.alarms, platform.clock.now)
    assert [incident.occurrences for incident in open_incidents(engine)] == [1]
    platform.rounds(3)
    assert len(platform.inbox.mails) == 1
    platform.load("sagui_rainfall", days_ago=1)
    platform.rounds(10)
    assert platform.inbox.subjects()[1:] == ["[SAGUI] All clear: rain: data are late"]
    assert open_incidents(engine) == []
    engine.dispose()


def test_without_the_databases_address_the_backend_tells_how_old_data_are(platform: Platform) -> None:
    platform.clock.now = platform.clock.now.replace(hour=15)
    platform.dagster.beat(platform.clock.now.replace(hour=23))
    platform.load("sagui_rainfall", days_ago=2)
    with running_site(platform.database, platform.settings.state_dir) as site:
        platform.change(pipelines_database_url="", backend_url=site.url)
        assert platform.rounds(5) == ["opened: sagui_rainfall"]
        platform.load("sagui_rainfall", days_ago=1)
        assert platform.rounds(5) == ["closed: sagui_rainfall"]
    assert platform.rounds(5) == ["opened: backend"]
    assert platform.inbox.subjects() == [
        "[SAGUI] Problem: rain: data are late",
        "[SAGUI] All clear: rain: data are late",
        "[SAGUI] Problem: The age of the data is unknown",
    ]


def test_a_disk_that_is_nearly_full(platform: Platform) -> None:
    platform.dagster.beat(platform.clock.now.replace(hour=23))
    platform.change(disk_free_percent=100, disks=(platform.settings.state_dir / "not" / "there",))
    assert len(platform.round()) == 1
    assert "GB free" in body(platform.inbox.mails[0])
    platform.change(disk_free_percent=0)
    assert platform.rounds(59) == [], "it hovers around the limit"
    assert len(platform.rounds(5)) == 1


def test_messages_of_the_pipelines_are_sent_though_the_daemon_is_dead(platform: Platform) -> None:
    engine = create_engine(platform.database.url())
    report(engine, CORRUPT, settings=platform.alarms, now=platform.clock.now)
    platform.rounds(1)
    assert platform.inbox.subjects() == ["[SAGUI] Problem: hyfaa/assimilated_portal failed"]
    wanted = frozenset(platform.alarms.destinations())
    assert deliver(StoredOutbox(engine), channels_of(platform.alarms), wanted, platform.clock.now).sent == 0
    engine.dispose()


def test_a_mail_server_that_is_down_too_delays_but_loses_nothing(platform: Platform) -> None:
    port = free_port()
    platform.alarms = platform.alarms.model_copy(update={"smtp_port": port})
    platform.rounds(20)
    platform.dagster.beat(platform.clock.now.replace(hour=23))
    platform.rounds(20)
    assert platform.inbox.mails == []
    with mail_server(platform.inbox, port):
        platform.rounds(40)
    assert platform.inbox.subjects() == [SILENT, SPEAKS]


def test_a_memory_that_cannot_be_written_still_tells_once(platform: Platform) -> None:
    platform.settings.folder.write_text("in the way")
    watchdog = Watchdog(platform.settings, platform.alarms, platform.clock)
    for _ in range(30):
        platform.clock.advance(minutes=1)
        watchdog.round()
    assert platform.inbox.subjects() == [SILENT]


def test_a_memory_that_makes_no_sense_is_put_aside(platform: Platform) -> None:
    platform.settings.folder.mkdir()
    memory = platform.settings.folder / "memory.json"
    memory.write_text('{"checked_at": null, "trou')
    platform.rounds(12)
    assert platform.inbox.subjects() == [SILENT]
    assert (platform.settings.folder / "memory.unreadable").exists()


def test_a_ping_says_that_the_watchdog_lives(platform: Platform) -> None:
    platform.change(ping_url=f"{platform.edge.url}/ping")
    platform.round()
    assert platform.edge.paths[-1] == "/ping"
