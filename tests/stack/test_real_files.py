"""Real HYFAA files, delivered from outside, reach the tiles with their true values on a simulated geography."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import mapbox_vector_tile
import netCDF4
import numpy as np
import psycopg2
import pytest
import requests

from sagui_pipelines.hyfaa.solutions import FILES, Solution
from sagui_pipelines.simulation.basin_run import write_geography
from tests.conftest import free_port_offset
from tools.native import demo, tiles
from tools.native.stack import Stack

# All of them wait for the first to make 11,595 cells' geography and to load years.
pytestmark = [pytest.mark.stack, pytest.mark.shared_data, pytest.mark.timeout(1800)]

CELLS = 11_595
LAYER = "guyane.hyfaa_data_aggregated_geo"
EPOCH = np.datetime64("1950-01-01", "D")


@pytest.fixture(scope="module")
def niger_stack(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Iterator[Stack]:
    """The platform on the real Niger files; rain and reference flows are not delivered."""
    folder = tmp_path_factory.mktemp("niger")
    write_geography(folder / "simulation", cells=CELLS, seed=973, progress=print)
    stack = Stack(
        folder / ".sagui",
        free_port_offset(),
        {
            "SAGUI_HYFAA_RUNNER": "none",
            "SAGUI_HYFAA_WORKDIR": str(shared_data / "niger"),
            "SAGUI_GEODATA_DIR": str(folder / "simulation" / "geodata"),
            "SAGUI_STATIONS_FILE": str(shared_data / "niger" / "stations.csv"),
        },
    )
    try:
        stack.up()
        demo.materialize(stack)
        yield stack
    finally:
        stack.down()
    shutil.rmtree(folder, ignore_errors=True)


def query(stack: Stack, sql: str) -> list[tuple[object, ...]]:
    """Rows, read by the owner."""
    connection = psycopg2.connect(stack.cluster.url("owner"))
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()
    finally:
        connection.close()


def test_tiles_show_the_files_values(niger_stack: Stack, shared_data: Path) -> None:
    with netCDF4.Dataset(shared_data / "niger" / FILES[Solution.ASSIMILATED].portal) as dataset:
        days = EPOCH + dataset["time"][-15:].astype(int).astype("timedelta64[D]")
        median = np.ma.filled(dataset["streamflow_catchment_median"][-15:], np.nan)
    bounds = tiles.layer_bounds(niger_stack.cluster.url("owner"), "guyane", "hyfaa_data_aggregated_geo")
    assert bounds is not None
    z, x, y = tiles.covering_tile(bounds)
    answer = requests.get(f"{niger_stack.layout.url('edge')}/tiles/{LAYER}/{z}/{x}/{y}.pbf", timeout=60)
    assert answer.status_code == 200
    features = mapbox_vector_tile.decode(answer.content)[LAYER]["features"]
    dates = [str(day) for day in days[::-1]]
    for feature in features:
        items = json.loads(feature["properties"]["values"])
        assert [item["date"] for item in items] == dates
        of_file = median[::-1, feature["properties"]["cell_id"] - 1]
        assert [item["flow"] for item in items] == [
            None if np.isnan(flow) else round(flow) for flow in of_file
        ]
    shown = {feature["properties"]["cell_id"] for feature in features}
    measured = {int(cell) + 1 for cell in np.flatnonzero(np.isfinite(median).any(axis=0))}
    important = {
        cell
        for (cell,) in query(niger_stack, "SELECT mini FROM guyane.hyfaa_minibasins_data WHERE ordem >= 12")
    }
    assert shown == measured & important
    assert shown


def test_missing_rain_is_reported_and_stops_nothing_else(niger_stack: Stack) -> None:
    state = {
        table: (rows, error)
        for table, rows, error in query(
            niger_stack, "SELECT tablename, row_count, last_error FROM guyane.sagui_importstate"
        )
    }
    for table in ("hyfaa_data_mgbstandard", "hyfaa_data_assimilated", "hyfaa_data_forecast"):
        rows, error = state[table]
        assert isinstance(rows, int)
        assert rows > 0
        assert error is None
    assert query(niger_stack, "SELECT count(*) FROM guyane.sagui_rainfall") == [(0,)]


def test_stations_of_a_minimal_list_are_loaded(niger_stack: Stack, shared_data: Path) -> None:
    rows = (shared_data / "niger" / "stations.csv").read_text().split()[1:]
    expected = {(name, int(cell)) for _, cell, name in (row.split(",") for row in rows)}
    assert set(query(niger_stack, "SELECT name, minibasin_id FROM guyane.hyfaa_stations")) == expected
