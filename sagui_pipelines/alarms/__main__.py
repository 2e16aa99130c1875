"""Command line: `python -m sagui_pipelines.alarms --test-message`, `--list`, `--close KEY`, `--send`."""

from __future__ import annotations

import argparse
import sys
import uuid
from datetime import UTC, datetime

import sqlalchemy as sa

from sagui_pipelines.alarms.delivery import channels_of, deliver
from sagui_pipelines.alarms.errors import ChannelDown, MessageRefused
from sagui_pipelines.alarms.incidents import all_clear, open_incidents
from sagui_pipelines.alarms.problem import Message, Occasion, Problem, Severity
from sagui_pipelines.alarms.settings import AlarmSettings, load_alarm_settings
from sagui_pipelines.alarms.stored_outbox import StoredOutbox
from sagui_pipelines.alarms.texts import say
from sagui_pipelines.errors import SaguiError
from sagui_pipelines.postgis.engine import create_engine
from sagui_pipelines.settings import load_settings


def main(arguments: list[str] | None = None) -> int:
    """Try the channels, list or close incidents; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m sagui_pipelines.alarms", description="Messages to operators."
    )
    wish = parser.add_mutually_exclusive_group(required=True)
    wish.add_argument("--test-message", action="store_true", help="send a test message to everybody, now")
    wish.add_argument("--list", action="store_true", help="list the open incidents")
    wish.add_argument("--close", metavar="KEY", help="end an incident that cannot end by itself")
    wish.add_argument("--send", action="store_true", help="send the messages that wait")
    options = parser.parse_args(arguments)
    try:
        settings = load_alarm_settings()
        if options.test_message:
            return _test(settings)
        engine = create_engine(load_settings().require_database_url())
        if options.list:
            return _list(engine)
        return _close(engine, options.close) if options.close else _send(engine, settings)
    except SaguiError as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 1


def _test(settings: AlarmSettings) -> int:
    """Send to each destination, whatever became of the others."""
    failed = 0
    channels = channels_of(settings)
    for destination in settings.destinations():
        place = f"{destination.channel} {destination.address}".strip()
        try:
            channels[destination.channel].send(_test_message(settings), destination.address)
        except (ChannelDown, MessageRefused) as error:
            failed += 1
            _say(f"{place}: {error}")
        else:
            _say(f"{place}: sent")
    if settings.destinations()[0].channel == "folder":
        _say(f"Nobody is configured to receive messages: they are written to {settings.folder}.")
    return 1 if failed else 0


def _test_message(settings: AlarmSettings) -> Message:
    uid, now = str(uuid.uuid4()), datetime.now(UTC)
    problem = Problem(
        key="test",
        title=say(settings.language, "test_title"),
        fact=say(settings.language, "test_fact"),
        remedy=say(settings.language, "test_remedy"),
        severity=Severity.WARNING,
        link=settings.dagster_url,
    )
    return Message(uid, uid, Occasion.OPENED, problem, now, now)


def _list(engine: sa.Engine) -> int:
    found = open_incidents(engine)
    for incident in found:
        _say(f"{incident.opened_at:%Y-%m-%d %H:%M} {incident.severity.name.lower()} {incident.key}")
        _say(f"  {incident.title}: {incident.fact}")
    if not found:
        _say("No incident is open.")
    return 0


def _close(engine: sa.Engine, key: str) -> int:
    if all_clear(engine, key):
        _say(f"{key}: closed")
        return 0
    _say(f"{key}: no such open incident; --list shows them")
    return 1


def _send(engine: sa.Engine, settings: AlarmSettings) -> int:
    done = deliver(
        StoredOutbox(engine), channels_of(settings), frozenset(settings.destinations()), datetime.now(UTC)
    )
    _say(f"{done.sent} sent, {done.failed} waiting, {done.abandoned} given up")
    for reason in done.reasons:
        _say(f"  {reason}")
    return 1 if done.failed else 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
