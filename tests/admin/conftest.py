"""The admin on a filled database, by requests and by a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.conftest import Database
from tests.web_site import Site, Territory, Visitor, chromium, running_site


@pytest.fixture(scope="module")
def site(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The backend with a small territory."""
    Territory(module_database).fill()
    with running_site(module_database, tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture(scope="module")
def admin(site: Site) -> Visitor:
    """The administrator."""
    return site.login()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium."""
    with chromium() as started:
        yield started
