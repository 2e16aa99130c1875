"""Yearly partitions: filled aside without an index, then indexed and attached, which is how bulk loads are fast."""

from __future__ import annotations

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from sagui_pipelines.postgis.tables import Table


def has_rows(cursor: Cursor, table: Table, year: int) -> bool:
    """Tell whether the partition of a year exists and holds a row."""
    cursor.execute("SELECT to_regclass(%s) IS NOT NULL", (f"{table.schema}.{_name(table, year)}",))
    row = cursor.fetchone()
    if not row or not row[0]:
        return False
    partition = sql.Identifier(table.schema, _name(table, year))
    cursor.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(partition))
    row = cursor.fetchone()
    return bool(row and row[0])


def create_partition(cursor: Cursor, table: Table, year: int) -> None:
    """Make the empty, indexed partition of a year unless it is there."""
    _call(cursor, "create_series_partition", table, year)


def stage_partition(cursor: Cursor, table: Table, year: int) -> sql.Identifier:
    """Make the future partition of a year without rows, without index, outside the table; returns its name."""
    _call(cursor, "stage_series_partition", table, year)
    return sql.Identifier(table.schema, _name(table, year))


def attach_partition(cursor: Cursor, table: Table, year: int) -> None:
    """Index the filled partition of a year and make it part of the table."""
    _call(cursor, "attach_series_partition", table, year)


def _call(cursor: Cursor, function: str, table: Table, year: int) -> None:
    cursor.execute(
        sql.SQL("SELECT {}(%s, %s)").format(sql.Identifier(table.schema, function)), (table.name, year)
    )


def _name(table: Table, year: int) -> str:
    return f"{table.name}_y{year}"
