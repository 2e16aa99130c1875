"""HYFAA's SQLite catalogues, with its own table definitions."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sagui_pipelines.simulation.files import replacing

RAIN_TABLE = (
    "CREATE TABLE FILEINFO(file_path str, data_type str, date_data str, date_added_to_db str, date_created str, "
    "product_type str, file_status str, grid_status str)"
)
STATES_TABLE = (
    "CREATE TABLE FILEINFO(file_path str, file_status str, date_data str, date_added_to_db str, ensemble_size int, "
    "forcing_confidence_coefficient float, type str)"
)


def create_catalogue(path: Path, table: str) -> None:
    """Create an empty catalogue unless it is there."""
    if path.exists():
        return
    with replacing(path) as new, closing(sqlite3.connect(new)) as connection, connection:
        connection.execute(table)
