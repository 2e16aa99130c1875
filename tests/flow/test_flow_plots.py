"""The pictures of the asset pages: small, complete, and harmless without data."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from flow_files import days, series, write_portal
from PIL import Image

from sagui_pipelines.flow.figures import NOTHING
from sagui_pipelines.flow.forecast import load_forecast
from sagui_pipelines.flow.load import load_series
from sagui_pipelines.flow.plots import forecast_plot, series_plot
from sagui_pipelines.hyfaa.portal import Portal
from sagui_pipelines.hyfaa.solutions import Solution

pytestmark = pytest.mark.postgis

DATES = days("2021-06-01", "2022-12-31")
BLUE = (31, 111, 178)


def picture(markdown: str) -> Image.Image:
    """The PNG inside a markdown image of less than 40 kB."""
    assert len(markdown) * 3 / 4 < 40_000
    found = re.fullmatch(r"!\[[^\]]+\]\(data:image/png;base64,([A-Za-z0-9+/=]+)\)", markdown)
    assert found is not None
    return Image.open(io.BytesIO(base64.b64decode(found[1]))).convert("RGB")


def blue_share(image: Image.Image) -> float:
    """Share of pixels near the colour of the flow line."""
    return float((np.abs(np.asarray(image).astype(int) - BLUE).sum(axis=2) < 60).mean())


@pytest.fixture
def loaded(engine: sa.Engine, tmp_path: Path) -> sa.Engine:
    columns = series(DATES, 8)
    size = np.array([1, 2, 4, 8, 16, 32, 64, 128]) / 16
    path = write_portal(
        tmp_path / "past.nc", DATES, {name: column * size for name, column in columns.items()}
    )
    coming = days("2023-01-01", "2023-01-10")
    ahead = write_portal(tmp_path / "ahead.nc", coming, series(coming, 8), n_ensemble=10, years_used=True)
    with Portal(path) as portal, Portal(ahead, is_forecast=True) as forecast:
        load_series(engine, portal, Solution.ASSIMILATED)
        load_forecast(engine, forecast, portal, Solution.ASSIMILATED)
    return engine


def test_the_hydrographs_are_drawn(loaded: sa.Engine) -> None:
    markdown = series_plot(loaded, Solution.ASSIMILATED)
    assert "01 Jan 2022 to 31 Dec 2022" in markdown
    assert blue_share(picture(markdown)) > 0.005


def test_the_forecast_is_drawn(loaded: sa.Engine) -> None:
    markdown = forecast_plot(loaded, Solution.ASSIMILATED)
    assert "01 Jan 2023 to 10 Jan 2023" in markdown
    assert blue_share(picture(markdown)) > 0.005


def test_stations_come_before_sizes(loaded: sa.Engine, database: Any) -> None:
    by_size = series_plot(loaded, Solution.ASSIMILATED)
    database.query(
        "INSERT INTO guyane.hyfaa_drainage (mini, geom) VALUES (2, ST_GeomFromText('LINESTRING(-53 4, -53 5)', 4326))"
    )
    database.query("INSERT INTO guyane.hyfaa_stations (code, name, minibasin_id) VALUES ('A', 'Apatou', 2)")
    at_station = picture(series_plot(loaded, Solution.ASSIMILATED))
    assert at_station.height < picture(by_size).height


def test_without_rows_there_is_a_sentence(engine: sa.Engine) -> None:
    assert series_plot(engine, Solution.MGBSTANDARD) == NOTHING
    assert forecast_plot(engine, Solution.MGBSTANDARD) == NOTHING
