"""Staging and merging: loaded rows replace the table's rows of the same days, unchanged rows stay untouched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from sagui_pipelines.postgis.tables import Table


@dataclass(frozen=True)
class MergeCounts:
    """What a load did to a table, in rows."""

    staged: int = 0
    inserted: int = 0
    updated: int = 0
    deleted: int = 0

    @property
    def unchanged(self) -> int:
        """Rows that were in the table already, equal in every column."""
        return self.staged - self.inserted - self.updated

    @property
    def changed(self) -> int:
        """Rows written or removed."""
        return self.inserted + self.updated + self.deleted

    def __add__(self, other: MergeCounts) -> MergeCounts:
        return MergeCounts(
            self.staged + other.staged,
            self.inserted + other.inserted,
            self.updated + other.updated,
            self.deleted + other.deleted,
        )


def statement(name: str) -> str:
    """Text of a statement of this package."""
    return files("sagui_pipelines.postgis").joinpath(f"sql/{name}.sql").read_text()


def create_staging(cursor: Cursor, table: Table) -> sql.Identifier:
    """Make an empty temporary table of the same columns that goes away with the transaction."""
    staging = sql.Identifier("pg_temp", f"staging_{table.name}")
    cursor.execute(
        sql.SQL("CREATE TEMPORARY TABLE {} (LIKE {}) ON COMMIT DROP").format(
            sql.Identifier(f"staging_{table.name}"), table.identifier
        )
    )
    return staging


def merge(
    cursor: Cursor,
    table: Table,
    staging: sql.Identifier,
    *,
    staged: int,
    scope: str,
    loaded: Sequence[date] | None,
) -> MergeCounts:
    """Make the rows of some days, or of the whole table, equal to the staged rows.

    Args:
        cursor: inside the transaction that filled the staging table.
        table: where to; nobody else writes these days at the same time.
        staging: from `create_staging`; at most one row per key.
        staged: number of staged rows.
        scope: the date column of the key that says to which day a row belongs.
        loaded: the days that the staged rows replace, None = all; rows of these days that are not staged are deleted.
    """
    if loaded is not None and not loaded:
        return MergeCounts()
    cursor.execute(sql.SQL("ANALYZE {}").format(staging))
    names = merge_names(table, staging, scope)
    days = None if loaded is None else list(loaded)
    parameters = {
        "loaded": days,
        "lowest": min(days) if days else "-infinity",
        "highest": max(days) if days else "infinity",
    }
    cursor.execute(sql.SQL(statement("delete_obsolete")).format(**names), parameters)
    deleted = cursor.rowcount
    # What is left has a staged row of the same key: MERGE itself cannot tell inserts from updates.
    cursor.execute(sql.SQL(statement("count_present")).format(**names), parameters)
    (present,) = cursor.fetchone() or (0,)
    cursor.execute(sql.SQL(statement("merge")).format(**names), parameters)
    inserted = staged - int(present)
    return MergeCounts(staged, inserted, cursor.rowcount - inserted, deleted)


def merge_names(table: Table, staging: sql.Identifier, scope: str) -> dict[str, sql.Composable]:
    """What the statements that join a table (t) with its staged rows (s) have to be told."""

    def listed(names: Sequence[str], alias: str = "") -> sql.Composable:
        parts = [sql.Identifier(alias, name) if alias else sql.Identifier(name) for name in names]
        return sql.SQL(", ").join(parts)

    return {
        "target": table.identifier,
        "staging": staging,
        "columns": listed(table.columns),
        "staged_columns": listed(table.columns, "s"),
        "scope": sql.Identifier(scope),
        "current": listed(table.values, "t"),
        "incoming": listed(table.values, "s"),
        "same_key": sql.SQL(" AND ").join(
            sql.SQL("t.{0} = s.{0}").format(sql.Identifier(name)) for name in table.key
        ),
        "assignments": sql.SQL(", ").join(
            sql.SQL("{0} = s.{0}").format(sql.Identifier(name)) for name in table.values
        ),
    }
