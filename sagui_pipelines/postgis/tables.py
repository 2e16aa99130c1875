"""What a table looks like, as the database tells it: migrations own the tables, the pipelines only reflect them."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg2
import sqlalchemy as sa
from psycopg2 import sql

from sagui_pipelines.errors import DatabaseUnavailable, SchemaOutdated
from sagui_pipelines.postgis.copy_binary import Field, PgType


@dataclass(frozen=True)
class Table:
    """A table with a primary key, whose columns COPY BINARY can carry.

    Attributes:
        schema, name: where it is.
        fields: columns in table order.
        key: names of the primary key's columns.
    """

    schema: str
    name: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]

    @property
    def identifier(self) -> sql.Identifier:
        """Quoted name with schema."""
        return sql.Identifier(self.schema, self.name)

    @property
    def columns(self) -> tuple[str, ...]:
        """Column names in table order."""
        return tuple(field.name for field in self.fields)

    @property
    def values(self) -> tuple[str, ...]:
        """Columns outside the key."""
        return tuple(name for name in self.columns if name not in self.key)


def reflect(engine: sa.Engine, schema: str, name: str) -> Table:
    """Read the shape of a table from the catalogue.

    Raises:
        SchemaOutdated: the table is absent, has no primary key, or a column of a type that cannot be loaded.
        DatabaseUnavailable: the database does not answer.
    """
    try:
        table = sa.Table(name, sa.MetaData(), schema=schema, autoload_with=engine)
    except sa.exc.NoSuchTableError as error:
        raise _outdated(schema, name, "does not exist") from error
    except sa.exc.DBAPIError as error:
        if isinstance(error.orig, psycopg2.OperationalError | psycopg2.InterfaceError):
            raise DatabaseUnavailable(
                f"{schema}.{name}", str(error.orig).strip(), "Start the database; the step is retried."
            ) from error
        raise
    key = tuple(column.name for column in table.primary_key.columns)
    if not key:
        raise _outdated(schema, name, "has no primary key")
    return Table(schema, name, tuple(_field(engine, table, column) for column in table.columns), key)


def _field(engine: sa.Engine, table: sa.Table, column: sa.Column[object]) -> Field:
    declared = column.type.compile(dialect=engine.dialect).lower()
    if declared not in {kind.value for kind in PgType}:
        raise _outdated(table.schema or "", table.name, f"has column {column.name} of type {declared}")
    return Field(column.name, PgType(declared))


def _outdated(schema: str, name: str, fact: str) -> SchemaOutdated:
    return SchemaOutdated(
        f"{schema}.{name}",
        fact,
        "Run `python -m sagui_backend.manage migrate` of the same version as the pipelines.",
    )
