"""The picture of the rain page."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
import sqlalchemy as sa
from PIL import Image
from rain_files import Store

from sagui_pipelines.flow.figures import NOTHING
from sagui_pipelines.rainfall.load import load_rain
from sagui_pipelines.rainfall.plots import rain_plot

pytestmark = pytest.mark.postgis


def test_bars_are_drawn(engine: sa.Engine, rain_store: Store) -> None:
    for day in range(1, 29):
        rain_store.add(f"2024-02-{day:02}", np.full(5, 4.0 * day, np.float32))
    load_rain(engine, rain_store.store)
    markdown = rain_plot(engine)
    assert len(markdown) * 3 / 4 < 40_000
    assert "01 Feb 2024 to 28 Feb 2024" in markdown
    found = re.search(r"base64,([^)]+)\)$", markdown)
    assert found is not None
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(found[1]))).convert("RGB")).astype(int)
    assert (np.abs(pixels - (31, 111, 178)).sum(axis=2) < 60).mean() > 0.1


def test_without_rows_there_is_a_sentence(engine: sa.Engine) -> None:
    assert rain_plot(engine) == NOTHING
