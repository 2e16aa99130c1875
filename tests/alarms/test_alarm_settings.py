"""Settings of the messages: typed, complete, and silent about secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from sagui_pipelines.alarms.problem import Destination, Severity
from sagui_pipelines.alarms.settings import AlarmSettings, Security, load_alarm_settings
from sagui_pipelines.errors import SettingsInvalid


def test_nothing_configured_writes_files() -> None:
    settings = AlarmSettings()
    assert settings.destinations() == (Destination("folder"),)
    assert settings.folder == Path(".sagui/alarms")


def test_everybody_is_a_destination(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "SMTP_HOST": "mail.example.org",
        "MAIL_TO": "a@example.org, b@example.org,",
        "WEBHOOK_URL": "https://hooks.example.org/x",
        "MINIMUM_SEVERITY": "error",
        "DAGSTER_URL": "https://dagster.example.org",
    }.items():
        monkeypatch.setenv(f"SAGUI_ALARM_{name}", value)
    settings = load_alarm_settings()
    assert settings.destinations() == (
        Destination("mail", "a@example.org"),
        Destination("mail", "b@example.org"),
        Destination("webhook"),
    )
    assert settings.minimum_severity is Severity.ERROR
    assert settings.sender.startswith("sagui@")
    assert settings.dagster_url == "https://dagster.example.org"


def test_links_lead_to_the_stack_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAGUI_DAGSTER_URL", "http://localhost:3000")
    assert load_alarm_settings().dagster_url == "http://localhost:3000"
    monkeypatch.setenv("SAGUI_ALARM_DAGSTER_URL", "https://dagster.example.org")
    assert load_alarm_settings().dagster_url == "https://dagster.example.org"


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("ssl", 465), ("none", 25)])
def test_usual_ports(security: str, port: int) -> None:
    assert AlarmSettings(smtp_security=Security(security)).port == port


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"SMTP_HOST": "mail"}, "SAGUI_ALARM_MAIL_TO"),
        ({"MAIL_TO": "a@example.org"}, "SAGUI_ALARM_SMTP_HOST"),
        ({"SMTP_HOST": "mail", "MAIL_TO": "a@b", "SMTP_USER": "u"}, "SAGUI_ALARM_SMTP_PASSWORD_FILE"),
        ({"MAIL_TO": "nobody", "SMTP_HOST": "mail"}, "SAGUI_ALARM_MAIL_TO"),
        ({"LANGUAGE": "de"}, "SAGUI_ALARM_LANGUAGE"),
        ({"WEBHOOK_URL": "ftp://example.org"}, "SAGUI_ALARM_WEBHOOK_URL"),
        ({"SMTP_PORT": "mail"}, "SAGUI_ALARM_SMTP_PORT"),
        ({"DEADLINE_HOUR": "24"}, "SAGUI_ALARM_DEADLINE_HOUR"),
        ({"MINIMUM_SEVERITY": "loud"}, "SAGUI_ALARM_MINIMUM_SEVERITY"),
    ],
)
def test_a_wrong_setting_is_named(
    variables: dict[str, str], named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"SAGUI_ALARM_{name}", value)
    with pytest.raises(SettingsInvalid) as raised:
        load_alarm_settings()
    assert named in str(raised.value)
