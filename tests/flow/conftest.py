"""Fixtures of the series loads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from sagui_pipelines.postgis.engine import create_engine


@pytest.fixture
def engine(database: Any) -> Iterator[sa.Engine]:
    """Engine with the pipelines' role on the test's own database."""
    made = create_engine(database.url())
    yield made
    made.dispose()
