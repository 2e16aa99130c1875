"""Fixtures of the rain load."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from rain_files import Store

from sagui_pipelines.postgis.engine import create_engine


@pytest.fixture
def engine(database: Any) -> Iterator[sa.Engine]:
    """Engine with the pipelines' role on the test's own database."""
    made = create_engine(database.url())
    yield made
    made.dispose()


@pytest.fixture
def rain_store(tmp_path: Path) -> Store:
    """An empty store."""
    return Store(tmp_path / "forcing_onmesh_db")
