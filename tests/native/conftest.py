"""A layout in a temporary folder, and a supervisor that never outlives its test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import free_port_offset
from tools.native.layout import Layout
from tools.native.supervisor import Supervisor


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Paths in a temporary folder, folders made."""
    made = Layout(tmp_path / "state", free_port_offset())
    made.create()
    return made


@pytest.fixture
def supervisor(layout: Layout) -> Iterator[Supervisor]:
    """A supervisor without programs, not started."""
    made = Supervisor(layout)
    yield made
    made.stop()
