"""A whole second stack for the tests, beside whatever runs on the machine."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.conftest import free_port_offset
from tools.native import demo
from tools.native.stack import Stack

CELLS = 200
HISTORY_DAYS = 420


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The platform with a small simulated basin, every asset materialized through Dagster."""
    folder: Path = tmp_path_factory.mktemp("stack")
    start = datetime.now(UTC).date() - timedelta(days=HISTORY_DAYS)
    running = Stack(
        folder / ".sagui",
        free_port_offset(),
        {"SAGUI_CELLS": str(CELLS), "SAGUI_HISTORY_START": start.isoformat()},
    )
    try:
        running.up()
        demo.materialize(running)
        yield running
    finally:
        running.down()
    shutil.rmtree(folder, ignore_errors=True)
