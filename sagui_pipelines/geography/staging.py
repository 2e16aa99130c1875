"""Statements of this package, and rows on their way into temporary tables."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor  # noqa: N812


@cache
def statement(name: str) -> str:
    """Text of `sql/<name>.sql`."""
    return (files("sagui_pipelines.geography") / "sql" / f"{name}.sql").read_text(encoding="utf-8")


def copy_rows(cursor: Cursor, table: str, rows: Iterable[Sequence[object]]) -> None:
    """Append rows to a temporary table; None becomes NULL, floats keep every bit."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    stream.seek(0)
    target = sql.Identifier("pg_temp", table)
    cursor.copy_expert(sql.SQL("COPY {} FROM STDIN (FORMAT csv)").format(target), stream)
