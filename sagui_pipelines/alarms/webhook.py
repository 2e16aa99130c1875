"""Messages posted as signed JSON."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests

from sagui_pipelines.alarms import wording
from sagui_pipelines.alarms.errors import ChannelDown, MessageRefused
from sagui_pipelines.alarms.problem import Message
from sagui_pipelines.alarms.settings import AlarmSettings, read_secret

SIGNATURE = "X-Sagui-Signature"
MESSAGE_ID = "X-Sagui-Message-Id"
_REMEDY = (
    "It is tried again by itself; look at SAGUI_ALARM_WEBHOOK_URL and at the receiver if it does not pass."
)
# Statuses that concern this message, not the receiver as a whole.
_OF_THE_MESSAGE = {400, 409, 413, 415, 422}


@dataclass(frozen=True)
class Webhook:
    """Posts messages to one address.

    Attributes:
        settings: where to, signed with which secret.
        now: clock of the signature [s since 1970].
    """

    settings: AlarmSettings
    now: Callable[[], float] = time.time

    def send(self, message: Message, _address: str = "") -> None:
        """Post one message.

        Raises:
            ChannelDown: nobody answers there, or with an error of the receiver.
            MessageRefused: the receiver wants this message in no way.
            SettingsInvalid: the file of the secret cannot be read.
        """
        body = json.dumps(payload(message, self.settings), ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json; charset=utf-8", MESSAGE_ID: message.uid}
        if self.settings.webhook_secret_file:
            secret = read_secret(self.settings.webhook_secret_file, "SAGUI_ALARM_WEBHOOK_SECRET_FILE")
            headers[SIGNATURE] = signature(secret, int(self.now()), body)
        # The path of such an address is often a secret by itself.
        place = urlsplit(self.settings.webhook_url).netloc.rpartition("@")[2]
        try:
            answer = requests.post(
                self.settings.webhook_url,
                data=body,
                headers=headers,
                timeout=self.settings.webhook_timeout_s,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise ChannelDown(
                place, f"the webhook does not answer ({type(error).__name__})", _REMEDY
            ) from error
        if answer.status_code in _OF_THE_MESSAGE:
            raise MessageRefused(place, f"the webhook refused it with status {answer.status_code}", _REMEDY)
        if not answer.ok or answer.is_redirect:
            raise ChannelDown(place, f"the webhook answers {answer.status_code}", _REMEDY)


def payload(message: Message, settings: AlarmSettings) -> dict[str, Any]:
    """What is posted: the facts for programs, `text` for chats that show just that."""
    problem = message.problem
    return {
        "id": message.uid,
        "platform": settings.name,
        "occasion": message.occasion.value,
        "severity": problem.severity.name.lower(),
        "key": problem.key,
        "title": problem.title,
        "fact": problem.fact,
        "remedy": problem.remedy,
        "source": problem.source,
        "subject": problem.subject,
        "link": wording.link_of(message, settings),
        "opened_at": message.opened_at.isoformat(),
        "closed_at": message.closed_at.isoformat() if message.closed_at else None,
        "occurrences": message.occurrences,
        "text": f"{wording.subject(message, settings)}\n{wording.plain(message, settings)}",
    }


def signature(secret: str, moment: int, body: bytes) -> str:
    """Signature header: `t=<seconds since 1970>,v1=<HMAC-SHA256 of "<t>.<body>", hexadecimal>`."""
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"
