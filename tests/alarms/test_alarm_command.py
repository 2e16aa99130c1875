"""`python -m sagui_pipelines.alarms`: try the channels, see and close incidents."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from sagui_pipelines.alarms import open_incidents, report
from sagui_pipelines.alarms.__main__ import main
from sagui_pipelines.alarms.settings import AlarmSettings
from tests.alarms.receivers import Inbox, body, mail_server, webhook_receiver
from tests.alarms.samples import CORRUPT
from tests.conftest import Database, free_port


def configure(monkeypatch: pytest.MonkeyPatch, **variables: object) -> None:
    """Set variables of the alarms."""
    for name, value in variables.items():
        monkeypatch.setenv(f"SAGUI_ALARM_{name}", str(value))


def test_a_test_message_goes_everywhere_and_needs_no_database(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    inbox = Inbox()
    with mail_server(inbox) as port, webhook_receiver() as hook:
        configure(
            monkeypatch, SMTP_HOST="127.0.0.1", SMTP_PORT=port, SMTP_SECURITY="none", LANGUAGE="pt",
            MAIL_TO="a@example.org,b@example.org", WEBHOOK_URL=hook.url,
        )  # fmt: skip
        assert main(["--test-message"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "mail a@example.org: sent",
        "mail b@example.org: sent",
        "webhook: sent",
    ]
    assert [mail["To"] for mail in inbox.mails] == ["a@example.org", "b@example.org"]
    assert "Mensagem de teste" in body(inbox.mails[0])
    assert len(hook.posts) == 1


def test_a_test_message_says_what_does_not_work(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with webhook_receiver() as hook:
        configure(
            monkeypatch, SMTP_HOST="127.0.0.1", SMTP_PORT=free_port(), MAIL_TO="a@example.org", WEBHOOK_URL=hook.url
        )  # fmt: skip
        assert main(["--test-message"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "took no mail" in lines[0]
    assert lines[1] == "webhook: sent"


def test_without_receivers_it_says_where_messages_go(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("SAGUI_STATE_DIR", str(tmp_path))
    assert main(["--test-message"]) == 0
    assert str(tmp_path / "alarms") in capsys.readouterr().out
    assert len(list((tmp_path / "alarms").glob("*.eml"))) == 1


@pytest.mark.postgis
def test_incidents_are_listed_and_can_be_closed(
    database: Database,
    engine: sa.Engine,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SAGUI_PIPELINES_DATABASE_URL", database.url())
    assert main(["--list"]) == 0
    assert capsys.readouterr().out == "No incident is open.\n"
    report(engine, CORRUPT, settings=AlarmSettings())
    main(["--list"])
    listed = capsys.readouterr().out
    assert f"error {CORRUPT.key}" in listed
    assert CORRUPT.fact in listed
    assert main(["--close", "failure/unknown"]) == 1
    assert main(["--close", CORRUPT.key]) == 0
    assert open_incidents(engine) == []


def test_a_missing_database_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SAGUI_PIPELINES_DATABASE_URL", f"postgresql://nobody:x@127.0.0.1:{free_port()}/none")
    assert main(["--list"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("DatabaseUnavailable: postgresql://nobody:***@")
    assert len(error.splitlines()) == 1
