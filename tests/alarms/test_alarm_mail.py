"""Mails as they arrive at a real server: protected, logged in, readable in each language."""

from __future__ import annotations

import string
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sagui_pipelines.alarms.errors import ChannelDown, MessageRefused
from sagui_pipelines.alarms.mail import Mail, compose
from sagui_pipelines.alarms.problem import Occasion, Severity
from sagui_pipelines.alarms.settings import AlarmSettings, Language, Security
from sagui_pipelines.alarms.texts import CATALOGUES
from tests.alarms.receivers import PASSWORD, USER, Inbox, body, certificate, guarded, mail_server
from tests.alarms.samples import CORRUPT, message
from tests.conftest import free_port

OPERATOR = "ops@example.org"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Certificate and key of the mail server."""
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def protected(inbox: Inbox, keys: tuple[Path, Path], tmp_path: Path) -> Iterator[AlarmSettings]:
    """Settings for a server that wants STARTTLS and a login."""
    secret = tmp_path / "smtp_password"
    secret.write_text(f"{PASSWORD}\n")
    with mail_server(inbox, **guarded(keys)) as port:
        yield AlarmSettings(
            smtp_host="127.0.0.1",
            smtp_port=port,
            smtp_user=USER,
            smtp_password_file=secret,
            smtp_ca_file=keys[0],
            smtp_timeout_s=5,
            mail_to=(OPERATOR,),
            mail_from="sagui@example.org",
            dagster_url="https://dagster.example.org/ui",
        )


def test_starttls_and_login(protected: AlarmSettings, inbox: Inbox) -> None:
    Mail(protected).send(message(), OPERATOR)
    [mail] = inbox.mails
    assert mail["Subject"] == "[SAGUI] Problem: hyfaa/assimilated_portal failed"
    assert (mail["From"], mail["To"]) == ("sagui@example.org", OPERATOR)


def test_ssl_from_the_first_byte(inbox: Inbox, keys: tuple[Path, Path], protected: AlarmSettings) -> None:
    context = guarded(keys)["tls_context"]
    with mail_server(inbox, ssl_context=context) as port:
        settings = protected.model_copy(
            update={"smtp_security": Security.SSL, "smtp_port": port, "smtp_user": ""}
        )
        Mail(settings).send(message(), OPERATOR)
    assert len(inbox.mails) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"smtp_user": "stranger"},
        {"smtp_ca_file": None},
        {"smtp_security": Security.NONE, "smtp_user": ""},
        {"smtp_security": Security.SSL},
    ],
    ids=["wrong user", "unknown authority", "no STARTTLS", "wrong protocol"],
)
def test_an_unfit_connection_sends_nothing_and_no_password(
    protected: AlarmSettings, inbox: Inbox, change: dict[str, Any]
) -> None:
    with pytest.raises((ChannelDown, MessageRefused)) as raised:
        Mail(protected.model_copy(update=change)).send(message(), OPERATOR)
    assert PASSWORD not in str(raised.value)
    assert inbox.mails == []


def test_a_server_without_starttls_is_refused(mailed: AlarmSettings, inbox: Inbox) -> None:
    with pytest.raises(ChannelDown, match="STARTTLS"):
        Mail(mailed.model_copy(update={"smtp_security": Security.STARTTLS})).send(message(), OPERATOR)
    assert inbox.mails == []


def test_a_silent_server_is_named(mailed: AlarmSettings) -> None:
    port = free_port()
    with pytest.raises(ChannelDown, match=f"127.0.0.1:{port}"):
        Mail(mailed.model_copy(update={"smtp_port": port})).send(message(), OPERATOR)


def test_a_refused_recipient_concerns_this_message_only(mailed: AlarmSettings, inbox: Inbox) -> None:
    inbox.refused.add("gone@example.org")
    with pytest.raises(MessageRefused, match="to gone@"):
        Mail(mailed).send(message(), "gone@example.org")
    Mail(mailed).send(message(), OPERATOR)
    assert len(inbox.mails) == 1


def test_a_mail_tells_fact_remedy_and_where_to_look(mailed: AlarmSettings, inbox: Inbox) -> None:
    Mail(mailed).send(message(), OPERATOR)
    [mail] = inbox.mails
    for kind in ("plain", "html"):
        text = body(mail, kind)
        assert "the file ends after 812 of 1,095 days" in text
        assert "Produce or copy it again." in text
        assert "https://dagster.example.org/ui/runs/3f2a" in text
        assert "https://docs.example.org/runbook#a-step-is-red-in-dagster" in text
        assert "2031-05-02 09:30 UTC" in text
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Importance"] == "high"
    assert 'href="https://dagster.example.org/ui/runs/3f2a"' in body(mail, "html")


def test_the_all_clear_belongs_to_the_mail_that_opened(mailed: AlarmSettings) -> None:
    opened = message()
    over = message(occasion=Occasion.CLOSED, thread=opened.uid)
    first, last = (compose(written, OPERATOR, mailed) for written in (opened, over))
    assert last["In-Reply-To"] == last["References"] == first["Message-ID"] == f"<{opened.uid}@example.org>"
    assert last["Subject"] == "[SAGUI] All clear: hyfaa/assimilated_portal failed"
    assert "1 d 2 h 5 min" in body(last)
    assert "Produce or copy it again." not in body(last)
    assert "Importance" not in last


def test_a_worse_problem_says_so(mailed: AlarmSettings) -> None:
    text = body(compose(message(occasion=Occasion.WORSENED), OPERATOR, mailed))
    assert text.startswith("It got worse: Problem: hyfaa/assimilated_portal failed")


def test_foreign_text_can_neither_add_headers_nor_markup(mailed: AlarmSettings) -> None:
    nasty = replace(
        CORRUPT,
        title="one\r\nBcc: everybody@example.org",
        fact='<script>alert("x")</script> & more\nsecond line',
        link="javascript:alert(1)",
    )
    mail = compose(message(nasty), OPERATOR, mailed)
    assert mail["Bcc"] is None
    assert "one Bcc: everybody@example.org" in mail["Subject"]
    page = body(mail, "html")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert 'href="javascript' not in page
    assert "second line" in body(mail)


def test_a_long_fact_is_cut(mailed: AlarmSettings) -> None:
    text = body(compose(message(replace(CORRUPT, fact="x" * 100_000)), OPERATOR, mailed))
    assert len(text) < 6_000
    assert "…" in text


@pytest.mark.parametrize(
    ("language", "subject", "sentence"),
    [
        (Language.ENGLISH, "[SAGUI] Warning:", "This message is not repeated"),
        (Language.FRENCH, "[SAGUI] Avertissement:", "Ce message n'est pas répété"),
        (Language.PORTUGUESE, "[SAGUI] Aviso:", "Esta mensagem não se repete"),
    ],
)
def test_the_operators_language(
    mailed: AlarmSettings, inbox: Inbox, language: Language, subject: str, sentence: str
) -> None:
    mild = replace(CORRUPT, severity=Severity.WARNING)
    Mail(mailed.model_copy(update={"language": language})).send(message(mild), OPERATOR)
    [mail] = inbox.mails
    assert mail["Subject"].startswith(subject)
    assert sentence in body(mail)
    assert f'lang="{language.value}"' in body(mail, "html")


def places(text: str) -> set[str]:
    """Names of the values that a text has places for."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", list(Language))
def test_catalogues_are_complete_and_keep_the_places_of_values(language: Language) -> None:
    english, catalogue = CATALOGUES[Language.ENGLISH], CATALOGUES[language]
    assert set(catalogue) == set(english)
    assert {name: places(text) for name, text in catalogue.items()} == {
        name: places(text) for name, text in english.items()
    }
    if language is not Language.ENGLISH:
        assert [name for name in catalogue if catalogue[name] == english[name]] == []
