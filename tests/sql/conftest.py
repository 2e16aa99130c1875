"""A tiny world in plain SQL: six rivers in two sub-basins, and days for them."""

from __future__ import annotations

import json
from datetime import date, timedelta

from tests.conftest import Database

TODAY = date(2026, 1, 10)
# Rivers 1 to 6 run north at longitudes -54 to -53.5; order grows with the number.
GEOGRAPHY = """
INSERT INTO hyfaa_drainage (mini, geom)
SELECT i, ST_SetSRID(ST_MakeLine(ST_MakePoint(-54 + i * 0.1, 4), ST_MakePoint(-54 + i * 0.1, 4.08)), 4326)
FROM generate_series(1, 6) AS i;
INSERT INTO hyfaa_minibasins_data (mini, ordem, sub, width, depth)
SELECT i, 9 + i, (i + 2) / 3, 17.5 + i, 1.234 FROM generate_series(1, 6) AS i;
INSERT INTO hyfaa_catchments (mini, sub, geom)
SELECT i, (i + 2) / 3, ST_MakeEnvelope(-54.05 + i * 0.1, 4, -53.95 + i * 0.1, CASE i WHEN 1 THEN 4.3 ELSE 4.1 END, 4326)
FROM generate_series(1, 6) AS i;
"""
FLOW = {"hyfaa_data_assimilated": "flow_median", "hyfaa_data_mgbstandard": "flow_mean"}


def make_geography(database: Database) -> None:
    """Load the rivers, their attributes and catchments."""
    database.query(GEOGRAPHY, role="pipelines")


def add_day(
    database: Database, table: str, day: date, values: dict[int, float | None], anomaly: float | None = 5.0
) -> None:
    """Load one day of a partitioned series, and record it."""
    column = FLOW.get(table, "rain")
    others = ", flow_anomaly" if table in FLOW else ""
    database.query("SELECT guyane.create_series_partition(%s, %s)", table, day.year, role="pipelines")
    for cell, value in values.items():
        database.query(
            f"INSERT INTO {table} (cell_id, date, {column}{others}) VALUES (%s, %s, %s{', %s' if others else ''})",
            cell, day, value, *([anomaly] if others else []), role="pipelines",
        )  # fmt: skip
    database.query(
        "INSERT INTO sagui_importday (tablename, date, row_count) VALUES (%s, %s, %s)",
        table, day, len(values), role="pipelines",
    )  # fmt: skip


def add_forecast(
    database: Database, first: date, days: int, cells: list[int], column: str = "flow_median"
) -> None:
    """Load a forecast issue."""
    for offset in range(days):
        for cell in cells:
            database.query(
                f"INSERT INTO hyfaa_data_forecast (cell_id, date, {column}, flow_anomaly) VALUES (%s, %s, %s, -3)",
                cell, first + timedelta(days=offset), 100.0 * cell + offset, role="pipelines",
            )  # fmt: skip


def last_days(count: int, newest: date = TODAY) -> list[date]:
    """Consecutive days, newest first."""
    return [newest - timedelta(days=back) for back in range(count)]


def publish(database: Database) -> dict[str, tuple[object, ...]]:
    """Publish as the pipelines do; rows by layer."""
    rows = database.query("SELECT * FROM guyane.publish_layers()", role="pipelines")
    return {str(row[0]): row[1:] for row in rows}


def features(database: Database, layer: str, key: str = "cell_id") -> dict[object, list[dict[str, object]]]:
    """`values` of each feature of a layer, from the relation that its tiles are made of."""
    rows = database.query(f"SELECT {key}, values::text FROM guyane.{layer} ORDER BY 1", role="api")
    return {identifier: json.loads(str(text)) for identifier, text in rows}
