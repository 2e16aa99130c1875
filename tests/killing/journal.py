"""What really happened in the database, written down by the database itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

import psycopg2

from tools.native.stack import Stack

_TRIGGER = """
CREATE TABLE IF NOT EXISTS public.journal (
    layer text, data_version text, last_date date, at timestamptz DEFAULT clock_timestamp()
);
CREATE OR REPLACE FUNCTION public.note_publication() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF TG_OP = 'INSERT' OR OLD.data_version IS DISTINCT FROM NEW.data_version THEN
        INSERT INTO public.journal (layer, data_version, last_date)
        VALUES (NEW.layer, NEW.data_version, NEW.last_date);
    END IF;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER note_publication AFTER INSERT OR UPDATE ON guyane.sagui_publication
    FOR EACH ROW EXECUTE FUNCTION public.note_publication();
"""


def ask(stack: Stack, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
    """Rows of a statement, as the superuser.

    Raises:
        psycopg2.OperationalError: the database is just being killed or restarted.
    """
    connection = psycopg2.connect(stack.cluster.url("superuser"), connect_timeout=5)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement, parameters or None)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def ask_dagster(stack: Stack, statement: str) -> list[tuple[Any, ...]]:
    """Rows of a statement in Dagster's own database."""
    connection = psycopg2.connect(stack.cluster.url("superuser", "dagster"), connect_timeout=5)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()
    finally:
        connection.close()


def install(stack: Stack) -> None:
    """Write down every version of every layer that is published from now on."""
    ask(stack, _TRIGGER)


def publications(stack: Stack, layers: Sequence[str], day: date) -> Counter[str]:
    """How many versions of each layer that end on a day were published."""
    rows = ask(
        stack,
        "SELECT layer, count(*) FROM public.journal WHERE last_date = %s AND layer = ANY(%s) GROUP BY layer",
        day,
        list(layers),
    )
    return Counter(dict(rows))


def published_twice(stack: Stack) -> list[tuple[Any, ...]]:
    """Layers and versions that were published, replaced and published again."""
    return ask(
        stack,
        "SELECT layer, data_version FROM public.journal GROUP BY layer, data_version HAVING count(*) > 1",
    )


def changing_loads(stack: Stack, since: int) -> Counter[str]:
    """How many loads changed each table since a line of the import log."""
    rows = ask(
        stack,
        "SELECT tablename, count(*) FROM guyane.sagui_importlog"
        " WHERE id > %s AND rows_inserted + rows_updated + rows_deleted > 0 GROUP BY tablename",
        since,
    )
    return Counter(dict(rows))


def newest_log_line(stack: Stack) -> int:
    """Number of the newest line of the import log."""
    [(number,)] = ask(stack, "SELECT coalesce(max(id), 0) FROM guyane.sagui_importlog")
    return int(number)
