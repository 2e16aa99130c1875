"""Development with the simulated basin: the map client, the pages in a real browser, starting again, purging."""

from __future__ import annotations

import re

import requests
from playwright.sync_api import expect

from tests.browsing import clean_page
from tests.compose.composition import Composition
from tests.compose.containers import Containers
from tests.stack.public_client import FIRST_TILES, LAYERS, PublicClient
from tests.stack.test_end_to_end import FLOW
from tests.web_site import chromium


def test_existing_map_client_gets_all_that_it_asks_for(stack: Containers) -> None:
    client = PublicClient(stack.layout.url("edge"))
    tabs, _ = client.start()
    assert [tab["id"] for tab in tabs][:3] == list(LAYERS)
    for tab in LAYERS:
        assert any(client.tile(tab, *tile) for tile in FIRST_TILES)
    client.chart("flow_alerts", min(client.stations("flow_alerts")))


def test_map_and_dashboards_are_drawn_without_a_complaint(stack: Containers) -> None:
    home = stack.layout.url("edge")
    with chromium() as browser:
        with clean_page(browser, home) as page:
            page.goto(home + "/")
            expect(page.locator("body")).to_have_attribute(
                "data-shown", re.compile(r"^flow/.+/\d{4}-\d\d-\d\d$"), timeout=30_000
            )
        with clean_page(browser, home) as page:
            page.goto(home + "/dashboards/")
            expect(page.locator("h1").first).to_be_visible()


def test_starting_again_changes_nothing(loaded: Composition) -> None:
    digest = (
        "SELECT md5(string_agg(t::text, '|' ORDER BY cell_id, date)) FROM guyane.hyfaa_data_assimilated t"
    )
    before = loaded.sql(digest)
    loaded.compose("up", "-d")
    loaded.wait_healthy()
    assert loaded.sql(digest) == before != ""


def test_purge_is_taken_from_the_pipelines_and_from_nobody_else(
    loaded: Composition, stack: Containers
) -> None:
    outside = requests.request("PURGE", stack.layout.url("edge"), headers={"xkey-purge": FLOW}, timeout=30)
    assert outside.status_code in (403, 405)
    asking = f"import requests; print(requests.request('PURGE', 'http://varnish', headers={{'xkey-purge': '{FLOW}'}}).status_code)"
    assert loaded.execute("dagster-daemon", "python", "-c", asking).stdout.strip() == "200"
