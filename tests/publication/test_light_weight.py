"""How much the light layers weigh on a basin of full size, in bytes over the wire."""

from __future__ import annotations

import random
import zlib
from datetime import date
from pathlib import Path

import psycopg2
import pytest

from sagui_pipelines.publication.grid import tiles_over
from sagui_pipelines.publication.layers import publish_layers
from sagui_pipelines.publication.reach_tiles import FIDELITIES, HEAVIEST_BYTES, lightest
from tests.conftest import Database

pytestmark = pytest.mark.postgis

CELLS = 4500
DAYS = 15
NEWEST = date(2026, 1, 10)
GEOGRAPHY = Path(__file__).parents[2] / "bench" / "geography.sql"


@pytest.fixture(scope="module")
def basin(module_database: Database) -> Database:
    """4,500 winding rivers and 15 days of flow that nothing relates, published."""
    connection = psycopg2.connect(module_database.url("owner"))
    with connection, connection.cursor() as cursor:
        cursor.execute(GEOGRAPHY.read_text(), {"cells": CELLS})
        cursor.execute(
            "SELECT guyane.create_series_partition('hyfaa_data_assimilated', year) FROM unnest(ARRAY[2025, 2026]) AS year"
        )
        cursor.execute(
            "INSERT INTO guyane.hyfaa_data_assimilated (cell_id, date, flow_median, flow_anomaly) "
            "SELECT cell, %(newest)s::date - back, exp(8 * random()), 200 * random() - 100 "
            "FROM generate_series(1, %(cells)s) AS cell, generate_series(0, %(days)s - 1) AS back",
            {"newest": NEWEST, "cells": CELLS, "days": DAYS},
        )
        cursor.execute(
            "INSERT INTO guyane.sagui_importday (tablename, date, row_count) "
            "SELECT 'hyfaa_data_assimilated', %s::date - back, %s FROM generate_series(0, %s - 1) AS back",
            (NEWEST, CELLS, DAYS),
        )
    connection.close()
    publish_layers(module_database.engine())
    return module_database


def packed(content: object) -> int:
    """Bytes over the wire."""
    return len(zlib.compress(bytes(content), 6))  # type: ignore[call-overload]


def test_fifteen_days_of_the_whole_basin_cost_less_than_300_kb(basin: Database) -> None:
    values = basin.query("SELECT content FROM guyane.sagui_dayvalues WHERE series = 'flow'")
    assert len(values) == DAYS
    assert {len(bytes(content)) for (content,) in values} == {2 * CELLS}  # type: ignore[call-overload]
    tiles = [
        basin.query("SELECT guyane.reaches(%s, %s, %s)", *tile, role="tileserv")[0][0]
        for tile in tiles_over((-56.0, 2.0, -51.5, 5.6), range(6, 7))
    ]
    total = sum(packed(content) for (content,) in values) + sum(map(packed, tiles))
    assert total <= 300_000


def test_no_river_tile_weighs_more_than_40_kb(basin: Database) -> None:
    rows = basin.query("SELECT z, content FROM guyane.sagui_tile WHERE layer = 'reaches'")
    assert {z for z, _ in rows} == set(range(9))
    assert max(packed(content) for _, content in rows) <= 40_000


def test_the_most_precise_tile_that_is_light_enough_is_taken() -> None:
    asked = []

    def make(tolerance: int, extent: int) -> bytes:
        asked.append((tolerance, extent))
        # Bytes that do not pack, ever fewer.
        return random.Random(extent).randbytes(20 * extent)

    assert len(lightest(make)) == 20 * 1024
    assert asked == list(FIDELITIES[:3])
    assert packed(lightest(make)) <= HEAVIEST_BYTES
