"""Layers as the database role sees them, and the tile of each."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psycopg2
from psycopg2 import pool, sql
from psycopg2.extensions import connection as Connection  # noqa: N812 - a class under a lower-case name
from psycopg2.extensions import cursor as Cursor  # noqa: N812
from psycopg2.extras import RealDictCursor

_SQL = {path.stem: path.read_text() for path in (Path(__file__).parent / "sql").glob("*.sql")}
_COPY_HEADER_BYTES = 19
T = TypeVar("T")
_WORLD = [-180.0, -85.0511287798, 180.0, 85.0511287798]


@dataclass(frozen=True)
class Layer:
    """One published table, view or function.

    Attributes:
        facts: id, schema, name, description; for a table also geometry_column, geometrytype, srid, id_column
            and properties; for a function also arguments, those beyond z, x and y.
        is_function: True when the database makes the whole tile.
    """

    facts: dict[str, Any]
    is_function: bool

    @property
    def relation(self) -> sql.Identifier:
        """Quoted name."""
        return sql.Identifier(self.facts["schema"], self.facts["name"])

    def statement(self, options: Mapping[str, str]) -> sql.Composed:
        """Query of one tile, with the parameters layer, z, x, y.

        Args:
            options: values for arguments of a function; others are ignored.
        """
        if self.is_function:
            given = [
                sql.SQL(", {} => {}").format(sql.Identifier(name), sql.Literal(options[name]))
                for name in self.facts["arguments"]
                if name in options
            ]
            return sql.SQL(_SQL["function_tile"]).format(
                function=self.relation, arguments=sql.SQL("").join(given)
            )
        id_column = self.facts["id_column"]
        columns = [
            sql.SQL(", source.") + sql.Identifier(column["name"]) for column in self.facts["properties"]
        ]
        return sql.SQL(_SQL["table_tile"]).format(
            id_argument=sql.SQL(", ") + sql.Literal(id_column) if id_column else sql.SQL(""),
            geometry=sql.Identifier(self.facts["geometry_column"]),
            columns=sql.SQL("").join(columns),
            table=self.relation,
            srid=sql.Literal(self.facts["srid"]),
        )


class _LostError(psycopg2.OperationalError):
    """A pooled connection was dead: the database restarted."""


class TileDatabase:
    """The database behind the tiles, through a small pool of connections."""

    def __init__(self, url: str, connections: int) -> None:
        self._pool = pool.ThreadedConnectionPool(
            1, connections, url, application_name="sagui-tileserv-stand-in"
        )
        self._connections = connections
        self.layers: dict[str, Layer] = {}
        self.reload()

    def reload(self) -> None:
        """Read the catalogue anew; readers see the old one or the new one."""
        found: dict[str, Layer] = {}
        with self._connection() as connection, connection.cursor(cursor_factory=RealDictCursor) as cursor:
            for query, is_function in (("layers", False), ("functions", True)):
                cursor.execute(_SQL[query])
                found |= {row["id"]: Layer(dict(row), is_function) for row in cursor.fetchall()}
        self.layers = found

    def tile(self, layer: Layer, z: int, x: int, y: int, options: Mapping[str, str]) -> bytes:
        """The encoded tile; empty when nothing lies in it."""
        parameters = {"layer": layer.facts["id"], "z": z, "x": x, "y": y}
        return self._with_connection(lambda cursor: _binary(cursor, layer.statement(options), parameters))

    def bounds(self, layer: Layer) -> list[float]:
        """West, south, east, north [degrees] of a layer; the whole world when it cannot be known."""
        if layer.is_function:
            return _WORLD
        geometry = sql.Identifier(layer.facts["geometry_column"])
        row = self._row(sql.SQL(_SQL["bounds"]).format(geometry=geometry, table=layer.relation), {})
        return list(row[0]) if row else _WORLD

    def close(self) -> None:
        """Close every connection."""
        self._pool.closeall()

    def _row(self, statement: sql.Composed, parameters: dict[str, object]) -> tuple[Any, ...] | None:
        def fetch(cursor: Cursor) -> tuple[Any, ...] | None:
            cursor.execute(statement, parameters)
            return cursor.fetchone()

        return self._with_connection(fetch)

    def _with_connection(self, ask: Callable[[Cursor], T]) -> T:
        for _ in range(self._connections):
            try:
                return self._ask(ask)
            except _LostError:
                continue
        return self._ask(ask)

    def _ask(self, ask: Callable[[Cursor], T]) -> T:
        with self._connection() as connection, connection.cursor() as cursor:
            return ask(cursor)

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        connection = self._pool.getconn()
        try:
            connection.autocommit = True
            yield connection
        except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
            if connection.closed:
                raise _LostError(str(error)) from error
            raise
        finally:
            self._pool.putconn(connection, close=bool(connection.closed))


def _binary(cursor: Cursor, statement: sql.Composed, parameters: dict[str, object]) -> bytes:
    """The one bytea of a query as it is: pg_tileserv's driver takes binary answers, which text would double."""
    stream = io.BytesIO()
    text = cursor.mogrify(statement, parameters).decode()
    cursor.copy_expert(f"COPY ({text}) TO STDOUT (FORMAT binary)", stream)
    found = stream.getvalue()[_COPY_HEADER_BYTES:]
    # Number of columns, then length and value of the only one.
    columns, length = struct.unpack(">hi", found[:6]) if len(found) >= 6 else (-1, -1)
    return found[6 : 6 + length] if columns == 1 and length > 0 else b""
