"""Administrators see what operators were told of; nobody edits it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sagui_pipelines.alarms import all_clear, report
from sagui_pipelines.alarms.delivery import channels_of, deliver
from sagui_pipelines.alarms.settings import AlarmSettings
from sagui_pipelines.alarms.stored_outbox import StoredOutbox
from sagui_pipelines.postgis.engine import create_engine
from tests.alarms.samples import CORRUPT
from tests.web_site import Site, Visitor

pytestmark = pytest.mark.postgis

LIST = "/admin/sagui/incident/"


@pytest.fixture(scope="module")
def told(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """One incident that is over and told, one that is open and not told yet."""
    engine = create_engine(site.database.url())
    settings = AlarmSettings(state_dir=tmp_path_factory.mktemp("state"))
    now = datetime.now(UTC)
    report(engine, CORRUPT, settings=settings, now=now - timedelta(hours=3))
    all_clear(engine, CORRUPT.key, now=now - timedelta(hours=2))
    wanted = frozenset(settings.destinations())
    assert deliver(StoredOutbox(engine), channels_of(settings), wanted, now).sent == 2
    for subject in ("load <b>one</b>", "load two"):
        problem = replace(CORRUPT, key="failure/other", title="another <i>one</i>", subject=subject)
        report(engine, problem, settings=settings, now=now)
    engine.dispose()
    return site


def test_open_incidents_stand_first_with_what_was_sent(told: Site, admin: Visitor) -> None:
    page = admin.get(LIST).text
    assert page.index("another &lt;i&gt;one") < page.index("hyfaa/assimilated_portal failed")
    assert "0 sent, 1 waiting" in page
    assert "2 sent" in page
    assert "<i>one" not in page


@pytest.mark.parametrize(("state", "title"), [("open", "another"), ("closed", "hyfaa/assimilated_portal")])
def test_the_list_can_be_narrowed(told: Site, admin: Visitor, state: str, title: str) -> None:
    page = admin.get(LIST, state=state).text
    assert page.count('class="field-shown_title') == 1
    assert title in page


def test_the_page_of_an_incident_tells_everything(told: Site, admin: Visitor) -> None:
    [(number,)] = told.database.query("SELECT id FROM guyane.sagui_incident WHERE closed_at IS NULL")
    page = admin.get(f"{LIST}{number}/change/").text
    for text in (
        CORRUPT.fact,
        CORRUPT.remedy,
        CORRUPT.source,
        "load &lt;b&gt;one&lt;/b&gt;, load two",
        "failure/other",
    ):
        assert text in page
    assert 'name="_save"' not in page


def test_nobody_edits_incidents(told: Site, admin: Visitor) -> None:
    before = told.database.query("SELECT * FROM guyane.sagui_incident ORDER BY id")
    assert admin.get(f"{LIST}add/").status_code == 403
    number = before[0][0]
    assert admin.post(f"{LIST}{number}/change/", title="x").status_code == 403
    assert admin.post(f"{LIST}{number}/delete/", post="yes").status_code == 403
    assert told.database.query("SELECT * FROM guyane.sagui_incident ORDER BY id") == before


def test_administrators_read_it_in_their_language(told: Site) -> None:
    page = told.login(language="fr").get(LIST).text
    assert "incidents" in page
    assert "2 envoyés" in page
    assert "Signalements" in page
