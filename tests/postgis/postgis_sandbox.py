"""A small table of the shape the pipelines load, in a database without the platform's schema."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import psycopg2
import pytest
import sqlalchemy as sa

from sagui_pipelines.postgis.copy_binary import encode
from sagui_pipelines.postgis.engine import create_engine
from sagui_pipelines.postgis.tables import Table, reflect


@dataclass(frozen=True)
class Sandbox:
    """A database of its own with one loaded table."""

    url: str
    engine: sa.Engine

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of one statement, committed."""
        connection = psycopg2.connect(self.url)
        with connection, connection.cursor() as cursor:
            cursor.execute(sql)
            rows = cursor.fetchall() if cursor.description else []
        connection.close()
        return rows

    def table(self) -> Table:
        """The loaded table's shape."""
        return reflect(self.engine, "shop", "series")


def rows(table: Table, values: dict[tuple[int, str], float]) -> bytes:
    """Encoded rows of {(cell, day): value}."""
    columns = {
        "cell_id": np.array([key[0] for key in values], np.int32),
        "date": np.array([key[1] for key in values], "datetime64[D]"),
        "value": np.array(list(values.values()), np.float64),
    }
    return b"".join(encode(table.fields, columns))


def days(*texts: str) -> list[date]:
    return [date.fromisoformat(text) for text in texts]


@pytest.fixture
def sandbox(database: Any) -> Iterator[Sandbox]:
    url = database.url("superuser")
    engine = create_engine(url)
    box = Sandbox(url, engine)
    box.query("CREATE SCHEMA shop")
    box.query(
        "CREATE TABLE shop.series (cell_id integer, date date, value double precision, PRIMARY KEY (cell_id, date)) "
        "PARTITION BY RANGE (date); "
        "CREATE TABLE shop.series_y2020 PARTITION OF shop.series FOR VALUES FROM ('2020-01-01') TO ('2021-01-01'); "
        "CREATE TABLE shop.series_y2021 PARTITION OF shop.series FOR VALUES FROM ('2021-01-01') TO ('2022-01-01')"
    )
    yield box
    engine.dispose()
