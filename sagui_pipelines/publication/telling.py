"""What the cache has yet to hear. It is written down with what changed, so a run killed in between loses nothing."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

import sqlalchemy as sa
from psycopg2.extensions import cursor as Cursor  # noqa: N812
from psycopg2.extras import execute_values

from sagui_pipelines.postgis.engine import transaction
from sagui_pipelines.publication.cache import purge

# The API reads the tables, which may have changed where no layer did.
_ALWAYS = "api"


def mark_tags(cursor: Cursor, versions: Mapping[str, str]) -> None:
    """Write down the version of the content under each tag; part of the transaction that makes it."""
    execute_values(cursor, _sql("mark_tags"), list(versions.items()))


def untold_tags(engine: sa.Engine) -> dict[str, str]:
    """Tags whose content the cache may hold in an older version, and the version now.

    Raises:
        DatabaseUnavailable, SchemaOutdated: see `postgis.engine.transaction`.
    """
    with transaction(engine) as connection, connection.cursor() as cursor:
        cursor.execute(_sql("untold_tags"))
        return dict(cursor.fetchall())


def values_version(engine: sa.Engine) -> str:
    """Version of all values together; empty before the first publication.

    Raises:
        DatabaseUnavailable, SchemaOutdated: see `postgis.engine.transaction`.
    """
    with transaction(engine) as connection, connection.cursor() as cursor:
        cursor.execute(_sql("tag_version"), ("values",))
        row = cursor.fetchone()
    return str(row[0]) if row else ""


def tell_cache(engine: sa.Engine, purge_url: str, untold: Mapping[str, str]) -> int:
    """Mark as stale what the cache holds under some tags, and write down that it was told.

    Returns:
        Number of cached answers that became stale.

    Raises:
        PublicationFailed: the cache does not answer or refuses; it is told by the next publication.
        DatabaseUnavailable, SchemaOutdated: see `postgis.engine.transaction`.
    """
    stale = purge(purge_url, [*untold, _ALWAYS])
    if untold:
        with transaction(engine) as connection, connection.cursor() as cursor:
            execute_values(cursor, _sql("told_tags"), list(untold.items()))
    return stale


def _sql(name: str) -> str:
    return files("sagui_pipelines.publication").joinpath(f"sql/{name}.sql").read_text()
