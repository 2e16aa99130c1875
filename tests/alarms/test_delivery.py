"""From the outbox to real receivers: nothing is lost, and a message sent twice can be told by its id."""

from __future__ import annotations

import queue
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
import sqlalchemy as sa

from sagui_pipelines.alarms import all_clear, report
from sagui_pipelines.alarms.delivery import Delivery, channels_of, deliver, pause
from sagui_pipelines.alarms.settings import AlarmSettings
from sagui_pipelines.alarms.stored_outbox import StoredOutbox
from tests.alarms.receivers import Inbox, environment_of, mail_server, webhook_receiver
from tests.alarms.samples import CORRUPT, MORNING, later
from tests.conftest import ROOT, Database, free_port

pytestmark = pytest.mark.postgis


def send(engine: sa.Engine, settings: AlarmSettings, now: datetime) -> Delivery:
    """One pass over the outbox."""
    return deliver(StoredOutbox(engine), channels_of(settings), frozenset(settings.destinations()), now)


def waiting(database: Database) -> int:
    """Messages that wait."""
    statement = (
        "SELECT count(*) FROM guyane.sagui_alarmmessage WHERE sent_at IS NULL AND abandoned_at IS NULL"
    )
    return int(str(database.query(statement)[0][0]))


def test_a_thousand_failures_of_one_cause_are_one_mail(
    engine: sa.Engine, database: Database, mailed: AlarmSettings, inbox: Inbox
) -> None:
    for number in range(1_000):
        failed = replace(CORRUPT, subject=f"step {number}")
        report(engine, failed, settings=mailed, now=later(seconds=number))
        if number % 100 == 0:
            send(engine, mailed, later(seconds=number))
    send(engine, mailed, later(hours=1))
    assert inbox.subjects() == ["[SAGUI] Problem: hyfaa/assimilated_portal failed"]
    assert database.query("SELECT occurrences, cardinality(subjects) FROM guyane.sagui_incident") == [
        (1_000, 1_000)
    ]


def test_a_mail_server_that_comes_back_gets_everything_once(
    engine: sa.Engine, database: Database, mailed: AlarmSettings, inbox: Inbox
) -> None:
    port = free_port()
    settings = mailed.model_copy(update={"smtp_port": port})
    other = replace(CORRUPT, key="failure/other", title="another one")
    report(engine, CORRUPT, settings=settings, now=MORNING)
    report(engine, other, settings=settings, now=MORNING)
    all_clear(engine, CORRUPT.key, now=later(minutes=5))
    for minutes in (0, 1, 2, 6):
        done = send(engine, settings, later(minutes=minutes))
        assert (done.sent, done.failed) == (0, 1), "one attempt shows that the server is down"
    assert waiting(database) == 3
    with mail_server(inbox, port):
        for minutes in (60, 61, 62):
            send(engine, settings, later(minutes=minutes))
    assert sorted(inbox.subjects()) == [
        "[SAGUI] All clear: hyfaa/assimilated_portal failed",
        "[SAGUI] Problem: another one",
        "[SAGUI] Problem: hyfaa/assimilated_portal failed",
    ]
    ours = [subject for subject in inbox.subjects() if "assimilated" in subject]
    assert ours[0].startswith("[SAGUI] Problem"), "the all-clear does not overtake"
    assert waiting(database) == 0
    assert send(engine, settings, later(hours=9)) == Delivery()


def test_a_channel_that_is_down_does_not_delay_the_other(
    engine: sa.Engine, mailed: AlarmSettings, inbox: Inbox
) -> None:
    with webhook_receiver() as hook:
        settings = mailed.model_copy(update={"smtp_port": free_port(), "webhook_url": hook.url})
        report(engine, CORRUPT, settings=settings, now=MORNING)
        done = send(engine, settings, MORNING)
        assert (done.sent, done.failed, len(hook.posts), len(inbox.mails)) == (1, 1, 1, 0)
        hook.answers.append(503)
        all_clear(engine, CORRUPT.key, now=later(minutes=1))
        repaired = settings.model_copy(update={"smtp_port": mailed.smtp_port})
        done = send(engine, repaired, later(minutes=1))
        assert (done.sent, done.failed, len(inbox.mails)) == (2, 1, 2)
        assert send(engine, repaired, later(minutes=1, seconds=29)).sent == 0, (
            "it waits before it tries again"
        )
        assert send(engine, repaired, later(minutes=1, seconds=31)).sent == 1
    sent_twice = [headers["X-Sagui-Message-Id"] for headers, _ in hook.posts]
    assert sent_twice[1] == sent_twice[2] != sent_twice[0]


def test_one_refused_recipient_does_not_stop_the_others(
    engine: sa.Engine, database: Database, mailed: AlarmSettings, inbox: Inbox
) -> None:
    settings = mailed.model_copy(update={"mail_to": ("gone@example.org", "ops@example.org")})
    inbox.refused.add("gone@example.org")
    report(engine, CORRUPT, settings=settings, now=MORNING)
    done = send(engine, settings, MORNING)
    assert (done.sent, done.failed) == (1, 1)
    assert [mail["To"] for mail in inbox.mails] == ["ops@example.org"]
    [(error,)] = database.query("SELECT last_error FROM guyane.sagui_alarmmessage WHERE sent_at IS NULL")
    assert "550" in str(error)


def test_attempts_come_less_and_less_often_and_end_after_a_week(
    engine: sa.Engine, database: Database, mailed: AlarmSettings
) -> None:
    assert [pause(attempts).total_seconds() for attempts in (1, 2, 3, 7, 500)] == [30, 60, 120, 1800, 1800]
    settings = mailed.model_copy(update={"smtp_port": free_port()})
    report(engine, CORRUPT, settings=settings, now=MORNING)
    now, attempts = MORNING, 0
    while now < later(days=10):
        done = send(engine, settings, now)
        attempts += done.failed + done.abandoned
        now += timedelta(hours=6)
        if done.abandoned:
            break
    assert later(days=6) < now < later(days=8)
    assert attempts == pytest.approx(28, abs=1)
    assert waiting(database) == 0


def test_an_address_that_is_no_longer_wanted_gets_nothing(
    engine: sa.Engine, database: Database, mailed: AlarmSettings, inbox: Inbox
) -> None:
    report(engine, CORRUPT, settings=mailed, now=MORNING)
    moved = mailed.model_copy(update={"mail_to": ("new@example.org",)})
    assert send(engine, moved, MORNING).abandoned == 1
    assert inbox.mails == []
    assert waiting(database) == 0


def test_killed_between_sending_and_marking(
    engine: sa.Engine, database: Database, mailed: AlarmSettings, inbox: Inbox
) -> None:
    report(engine, CORRUPT, settings=mailed)
    command = [sys.executable, "-m", "sagui_pipelines.alarms", "--send"]
    environment = environment_of(
        SAGUI_PIPELINES_DATABASE_URL=database.url(),
        SAGUI_ALARM_SMTP_HOST="127.0.0.1",
        SAGUI_ALARM_SMTP_PORT=str(mailed.smtp_port),
        SAGUI_ALARM_SMTP_SECURITY="none",
        SAGUI_ALARM_MAIL_TO="ops@example.org",
        SAGUI_ALARM_MAIL_FROM="sagui@example.org",
    )
    started: queue.Queue[subprocess.Popen[bytes]] = queue.Queue()

    def kill(_mail: EmailMessage) -> None:
        started.get(timeout=30).kill()

    inbox.on_mail = kill
    sender = subprocess.Popen(command, cwd=ROOT, env=environment)
    started.put(sender)
    assert sender.wait(timeout=60) == -signal.SIGKILL
    assert len(inbox.mails) == 1
    assert waiting(database) == 1, "nobody knows whether it arrived"
    inbox.on_mail = lambda _mail: None
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("1 sent"), done.stderr
    assert waiting(database) == 0
    first, second = inbox.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert send(engine, mailed, later(days=365)) == Delivery()


def test_two_senders_send_a_message_once(
    engine: sa.Engine, database: Database, mailed: AlarmSettings, inbox: Inbox
) -> None:
    for number in range(10):
        report(engine, replace(CORRUPT, key=f"failure/{number}"), settings=mailed, now=MORNING)
    start = threading.Barrier(3)
    sent: list[int] = []

    def work() -> None:
        start.wait(timeout=30)
        sent.append(send(engine, mailed, MORNING).sent)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sum(sent) == len(inbox.mails) == 10
    assert len({mail["Message-ID"] for mail in inbox.mails}) == 10


def test_without_receivers_messages_are_kept_as_files(engine: sa.Engine, tmp_path: Path) -> None:
    settings = AlarmSettings(state_dir=tmp_path)
    report(engine, CORRUPT, settings=settings, now=MORNING)
    assert send(engine, settings, MORNING).sent == 1
    all_clear(engine, CORRUPT.key, now=later(hours=1))
    assert send(engine, settings, later(hours=1)).sent == 1
    names = sorted(path.name for path in (tmp_path / "alarms").iterdir())
    assert [name[:22] for name in names] == ["20310502T093000-opened", "20310502T103000-closed"]
