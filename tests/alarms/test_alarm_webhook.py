"""What a webhook receives, and how its answers are understood."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path

import pytest

from sagui_pipelines.alarms.errors import ChannelDown, MessageRefused
from sagui_pipelines.alarms.settings import AlarmSettings
from sagui_pipelines.alarms.webhook import MESSAGE_ID, SIGNATURE, Webhook
from sagui_pipelines.errors import SaguiError, SettingsInvalid
from tests.alarms.receivers import webhook_receiver
from tests.alarms.samples import message
from tests.conftest import free_port

SECRET = "0123456789abcdef"  # noqa: S105


def settings_for(url: str, secret: Path | None = None) -> AlarmSettings:
    """Settings that post to an address."""
    return AlarmSettings(
        webhook_url=url,
        webhook_secret_file=secret,
        webhook_timeout_s=3,
        dagster_url="https://dagster.example",
    )


def test_a_post_is_signed_and_carries_everything(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    told = message()
    with webhook_receiver() as hook:
        Webhook(settings_for(hook.url, tmp_path / "secret"), now=lambda: 1_934_000_000.7).send(told)
    [(headers, content)] = hook.posts
    expected = hmac.new(SECRET.encode(), b"1934000000." + content, hashlib.sha256).hexdigest()
    assert headers[SIGNATURE] == f"t=1934000000,v1={expected}"
    assert headers[MESSAGE_ID] == told.uid
    posted = json.loads(content)
    assert posted | {"text": ""} == {
        "id": told.uid,
        "platform": "SAGUI",
        "occasion": "opened",
        "severity": "error",
        "key": "failure/SourceCorrupt/portal.nc",
        "title": "hyfaa/assimilated_portal failed",
        "fact": "SourceCorrupt: the file ends after 812 of 1,095 days",
        "remedy": "Produce or copy it again.",
        "source": "/data/hyfaa/portal.nc",
        "subject": "",
        "link": "https://dagster.example/runs/3f2a",
        "opened_at": "2031-05-02T09:30:00+00:00",
        "closed_at": None,
        "occurrences": 1,
        "text": "",
    }
    assert posted["text"].startswith("[SAGUI] Problem: hyfaa/assimilated_portal failed\n")


def test_without_a_secret_nothing_is_signed() -> None:
    with webhook_receiver() as hook:
        Webhook(settings_for(hook.url)).send(message())
    assert SIGNATURE not in hook.posts[0][0]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (500, ChannelDown),
        (503, ChannelDown),
        (429, ChannelDown),
        (404, ChannelDown),
        (302, ChannelDown),
        (401, ChannelDown),
        (400, MessageRefused),
        (422, MessageRefused),
    ],
)
def test_answers_that_are_no_success(status: int, kind: type[SaguiError]) -> None:
    with webhook_receiver() as hook:
        hook.answers.append(status)
        with pytest.raises(kind, match=str(status)) as raised:
            Webhook(settings_for(hook.url)).send(message())
    assert len(hook.posts) == 1, "a redirection is not followed"
    assert "secret-path" not in str(raised.value)


def test_nobody_there() -> None:
    with pytest.raises(ChannelDown, match="does not answer"):
        Webhook(settings_for(f"http://127.0.0.1:{free_port()}/secret-path")).send(message())


def test_a_missing_secret_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="SAGUI_ALARM_WEBHOOK_SECRET_FILE"):
        Webhook(settings_for("http://127.0.0.1:1/", tmp_path / "none")).send(message())
