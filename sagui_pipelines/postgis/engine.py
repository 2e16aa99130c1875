"""Connections to PostGIS: one for each transaction, closed after it, errors in the platform's own words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
import sqlalchemy as sa
from psycopg2 import errors
from psycopg2.extensions import connection as PgConnection  # noqa: N812

from sagui_pipelines.errors import DatabaseUnavailable, SaguiError, SchemaOutdated

_SCHEMA_ERRORS = (
    errors.UndefinedTable,
    errors.UndefinedColumn,
    errors.UndefinedFunction,
    errors.UndefinedObject,
    errors.InvalidSchemaName,
    errors.InsufficientPrivilege,
)


def create_engine(url: str) -> sa.Engine:
    """Prepare connections; none is made before the first use, and none is kept.

    Sensors make an engine at every look: connections kept for later would be as many as nobody needs.

    Args:
        url: `postgresql://user:password@host:port/database`.
    """
    return sa.create_engine(
        sa.make_url(url).set(drivername="postgresql+psycopg2"),
        poolclass=sa.NullPool,
        connect_args={
            "application_name": "sagui-pipelines",
            "connect_timeout": 10,
            # A server that vanished without a word is noticed after about a minute.
            "keepalives_idle": 30,
            "keepalives_interval": 10,
            "keepalives_count": 3,
        },
    )


@contextmanager
def transaction(engine: sa.Engine) -> Iterator[PgConnection]:
    """One transaction: committed at the end of the block, rolled back by any exception.

    Yields:
        The psycopg2 connection, not in autocommit.

    Raises:
        DatabaseUnavailable: no connection, or it was lost; the database is as before the block.
        SchemaOutdated: the block named a table, column or function that the database lacks.
    """
    try:
        pooled = engine.raw_connection()
    except psycopg2.OperationalError as error:
        raise _unavailable(engine, str(error)) from error
    connection = pooled.driver_connection
    assert isinstance(connection, PgConnection)  # noqa: S101
    try:
        yield connection
        connection.commit()
    except psycopg2.Error as error:
        mapped = _mapped(engine, error, lost=bool(connection.closed))
        if mapped is None:
            raise
        raise mapped from error
    finally:
        if connection.closed:
            pooled.invalidate()
        # Closing a connection rolls back whatever it had open.
        pooled.close()


def _mapped(engine: sa.Engine, error: psycopg2.Error, *, lost: bool) -> SaguiError | None:
    if isinstance(error, _SCHEMA_ERRORS):
        return SchemaOutdated(
            _address(engine),
            _first_line(str(error)),
            "Run `python -m sagui_backend.manage migrate` and `apply_sql`, then try again.",
        )
    if lost or isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError):
        return _unavailable(engine, str(error))
    return None


def _unavailable(engine: sa.Engine, reason: str) -> DatabaseUnavailable:
    return DatabaseUnavailable(
        _address(engine),
        _first_line(reason) or "the connection was lost",
        "Nothing of this step was written. Start the database (`make status` shows it); the step is retried.",
    )


def _address(engine: sa.Engine) -> str:
    return engine.url.set(drivername="postgresql").render_as_string(hide_password=True)


def _first_line(text: str) -> str:
    return text.strip().split("\n", maxsplit=1)[0].rstrip(".")
