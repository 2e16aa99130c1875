"""Comparing: are the rows of some days, all columns of them, what the source says?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import attrgetter

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from sagui_pipelines.postgis.copy_rows import copy_rows
from sagui_pipelines.postgis.load import Block
from sagui_pipelines.postgis.merge import create_staging, merge_names, statement
from sagui_pipelines.postgis.tables import Table


@dataclass(frozen=True)
class DayDifference:
    """One day on which table and source differ, in rows.

    Attributes:
        day: the day.
        missing: in the source, not in the table.
        surplus: in the table, not in the source.
        different: in both, with another value in some column.
    """

    day: date
    missing: int
    surplus: int
    different: int


@dataclass(frozen=True)
class Comparison:
    """Result for one table.

    Attributes:
        table: the table, without schema.
        days: number of days compared.
        rows: rows of the source on these days.
        differences: days that differ, increasing.
        due: days that the source renewed since they were loaded; they are not compared.
    """

    table: str
    days: int
    rows: int
    differences: tuple[DayDifference, ...]
    due: int


def compare_blocks(
    cursor: Cursor, table: Table, blocks: Iterable[Block], *, scope: str, days: Sequence[date]
) -> tuple[int, list[DayDifference]]:
    """Compare a stream of encoded rows with the table, a year at a time.

    Args:
        cursor: inside a transaction in which nobody else writes these days.
        table: the table.
        blocks: rows in the order of the table's columns, years increasing.
        scope: the date column of the key.
        days: all days the stream covers, also those without any row.

    Returns:
        Rows of the stream, and the days that differ.
    """
    staging = create_staging(cursor, table)
    by_year = {year: list(group) for year, group in groupby(sorted(days), key=lambda day: day.year)}
    rows, differences = 0, []
    for year, group in groupby(blocks, key=attrgetter("year")):
        rows += copy_rows(cursor, staging, table.columns, (block.data for block in group))
        differences += _compare_year(cursor, table, staging, scope, by_year.pop(year, []))
        cursor.execute(sql.SQL("TRUNCATE {}").format(staging))
    for left in by_year.values():
        differences += _compare_year(cursor, table, staging, scope, left)
    return rows, sorted(differences, key=attrgetter("day"))


def _compare_year(
    cursor: Cursor, table: Table, staging: sql.Identifier, scope: str, days: Sequence[date]
) -> list[DayDifference]:
    if not days:
        return []
    cursor.execute(sql.SQL("ANALYZE {}").format(staging))
    cursor.execute(
        sql.SQL(statement("compare")).format(**merge_names(table, staging, scope)),
        {"days": list(days), "lowest": min(days), "highest": max(days)},
    )
    return [DayDifference(*row) for row in cursor.fetchall()]
