"""Whom alarms reach in the tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from sagui_pipelines.alarms.settings import AlarmSettings, Security
from sagui_pipelines.postgis.engine import create_engine
from tests.alarms.receivers import Inbox, mail_server
from tests.conftest import Database


@pytest.fixture
def engine(database: Database) -> Iterator[sa.Engine]:
    """The database with the pipelines' role."""
    opened = create_engine(database.url())
    yield opened
    opened.dispose()


@pytest.fixture
def inbox() -> Inbox:
    """Mails received."""
    return Inbox()


@pytest.fixture
def mailed(inbox: Inbox, tmp_path: Path) -> Iterator[AlarmSettings]:
    """Settings that mail one operator through a running server."""
    with mail_server(inbox) as port:
        yield AlarmSettings(
            smtp_host="127.0.0.1",
            smtp_port=port,
            smtp_security=Security.NONE,
            smtp_timeout_s=5,
            mail_to=("ops@example.org",),
            mail_from="sagui@example.org",
            dagster_url="https://dagster.example.org/ui",
            runbook_url="https://docs.example.org/runbook",
            state_dir=tmp_path,
        )
