"""The pages of the API in a real browser, under the security policy that the other pages have."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browsing import clean_page
from tests.conftest import Database
from tests.web_site import Site, Territory, chromium, running_site

pytestmark = pytest.mark.postgis


@pytest.fixture(scope="module")
def site(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The backend with a small territory."""
    Territory(module_database).fill()
    with running_site(module_database, tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium."""
    with chromium() as started:
        yield started


def _policy(header: str | None) -> str:
    assert header is not None
    assert "default-src 'self'" in header
    assert "unsafe" not in header
    return header


def test_fault_111_the_swagger_page_works_without_a_script_of_its_own(site: Site, browser: Browser) -> None:
    with clean_page(browser, site.url) as page:
        answer = page.goto(f"{site.url}/api/schema/swagger-ui/")
        assert answer is not None
        _policy(answer.header_value("content-security-policy"))
        page.locator("#operations-dashboard-dashboard_retrieve").wait_for()
        page.locator("#operations-dashboard-dashboard_retrieve button.opblock-summary-control").click()
        page.get_by_role("button", name="Try it out").click()
        page.get_by_role("button", name="Execute").click()
        body = page.locator(".live-responses-table .response-col_description code").first
        body.wait_for()
        assert '"flow_previ"' in body.inner_text()
        assert page.locator("script:not([src])").count() == 0


@pytest.mark.parametrize("path", ["", "dashboard", "flow_alerts/stations", "flow_previ/stations/1/data"])
def test_fault_111_navigable_pages_keep_to_the_policy(site: Site, browser: Browser, path: str) -> None:
    with clean_page(browser, site.url) as page:
        answer = page.goto(f"{site.url}/api/v1/{path}")
        assert answer is not None
        _policy(answer.header_value("content-security-policy"))
        assert "HTTP 200 OK" in page.locator(".response-info").inner_text()
        page.locator("button.dropdown-toggle").click()
        assert page.locator(".format-option").first.is_visible()
