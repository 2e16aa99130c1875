"""From outbox to channels: each message is sent at least once, with an id by which a second copy is known."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sagui_pipelines.alarms.errors import ChannelDown, MessageRefused
from sagui_pipelines.alarms.folder import Folder
from sagui_pipelines.alarms.mail import Mail
from sagui_pipelines.alarms.problem import Destination, Message
from sagui_pipelines.alarms.settings import AlarmSettings
from sagui_pipelines.alarms.webhook import Webhook
from sagui_pipelines.errors import SettingsInvalid

_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(minutes=30)
# A message that nobody could be given for a week tells nothing that matters any more.
_LIFETIME = timedelta(days=7)
# One pass of a Dagster sensor may last a minute.
_MOST_AT_ONCE = 50
_logger = logging.getLogger(__name__)


class Channel(Protocol):
    """A way of telling people."""

    def send(self, message: Message, address: str) -> None:
        """Deliver one message.

        Raises:
            ChannelDown: no message passes at the moment.
            MessageRefused: this one does not pass.
            SettingsInvalid: a setting makes no sense.
        """


class Pending(Protocol):
    """One message of an outbox that is due; whoever holds it is alone in doing so."""

    message: Message
    destination: Destination
    queued_at: datetime
    attempts: int

    def sent(self, now: datetime) -> None:
        """Remember that it was sent."""

    def failed(self, now: datetime, reason: str, *, again_at: datetime | None) -> None:
        """Remember that it was not sent, and when to try again; None = never."""


class Outbox(Protocol):
    """Messages that wait."""

    def next_due(
        self, now: datetime, without: frozenset[Destination]
    ) -> AbstractContextManager[Pending | None]:
        """Hold the oldest message that is due, other than for some destinations."""


@dataclass
class Delivery:
    """What one pass did.

    Attributes:
        sent: messages sent.
        failed: messages that wait for another attempt.
        abandoned: messages that will not be sent.
        reasons: why, one line per failure.
    """

    sent: int = 0
    failed: int = 0
    abandoned: int = 0
    reasons: tuple[str, ...] = ()


def channels_of(settings: AlarmSettings) -> dict[str, Channel]:
    """Every channel by name."""
    return {"mail": Mail(settings), "webhook": Webhook(settings), "folder": Folder(settings)}


def deliver(
    outbox: Outbox, channels: Mapping[str, Channel], wanted: frozenset[Destination], now: datetime
) -> Delivery:
    """Send what is due; a channel that is down delays its own messages only.

    Args:
        outbox: messages that wait.
        channels: ways of telling people, by name.
        wanted: destinations of the settings in force; messages for others are given up.
        now: the time, UTC.
    """
    done = Delivery()
    tired: set[Destination] = set()
    for _ in range(_MOST_AT_ONCE):
        with outbox.next_due(now, frozenset(tired)) as pending:
            if pending is None:
                return done
            _attempt(pending, channels, wanted, now, done, tired)
    return done


def _attempt(
    pending: Pending,
    channels: Mapping[str, Channel],
    wanted: frozenset[Destination],
    now: datetime,
    done: Delivery,
    tired: set[Destination],
) -> None:
    destination = pending.destination
    if destination not in wanted:
        pending.failed(now, "its destination is not configured any more", again_at=None)
        done.abandoned += 1
        return
    try:
        channels[destination.channel].send(pending.message, destination.address)
    except (ChannelDown, MessageRefused, SettingsInvalid) as error:
        again_at = now + pause(pending.attempts + 1)
        given_up = again_at - pending.queued_at > _LIFETIME
        pending.failed(now, str(error), again_at=None if given_up else again_at)
        done.abandoned += given_up
        done.failed += not given_up
        done.reasons += (str(error),)
        _logger.warning("message %s not sent: %s", pending.message.uid, error)
        refused = isinstance(error, MessageRefused)
        tired |= {other for other in wanted if other.channel == destination.channel and not refused}
        return
    pending.sent(now)
    done.sent += 1


def pause(attempts: int) -> timedelta:
    """How long to wait after a number of failed attempts: 30 s, doubled each time, at most half an hour."""
    return min(_FIRST_PAUSE * (1 << min(attempts - 1, 10)), _LONGEST_PAUSE)
