"""The admin on a filled database, by requests and by a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.conftest import Database
from tests.web_site import Site, Territory, Visitor, chromium, running_site


@pytest.fixture(scope="module")
def temporary_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the backend puts temporary files."""
    return tmp_path_factory.mktemp("temporary")


@pytest.fixture(scope="module")
def site(
    module_database: Database, tmp_path_factory: pytest.TempPathFactory, temporary_files: Path
) -> Iterator[Site]:
    """The backend with a small territory."""
    Territory(module_database).fill()
    folder = tmp_path_factory.mktemp("site")
    with running_site(module_database, folder, TMPDIR=str(temporary_files)) as running:
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
