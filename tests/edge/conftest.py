"""The public side of the platform, once per module."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Database
from tests.edge.edge_site import EdgeSite, edge_site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, module_database: Database) -> Iterator[EdgeSite]:
    """Backend, tile server, nginx and Varnish on a small published database."""
    folder: Path = tmp_path_factory.mktemp("edge")
    with edge_site(folder, module_database) as running:
        yield running
