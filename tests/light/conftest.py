"""The backend, served over HTTP, on a published world."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sagui_pipelines.publication.layers import publish_layers
from tests.conftest import Database
from tests.publication.conftest import fill
from tests.web_site import Site, running_site


@pytest.fixture(scope="module")
def site(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A running backend whose database holds a publication."""
    fill(module_database)
    publish_layers(module_database.engine())
    with running_site(module_database, tmp_path_factory.mktemp("light")) as running:
        yield running
