"""Connections and their errors in the platform's words."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import psycopg2
import pytest
from postgis_sandbox import Sandbox, rows

from sagui_pipelines.errors import DatabaseUnavailable, SchemaOutdated
from sagui_pipelines.postgis.copy_rows import copy_rows
from sagui_pipelines.postgis.engine import create_engine, transaction
from sagui_pipelines.postgis.tables import reflect


def test_a_server_that_is_down_is_unavailable_and_worth_a_retry() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    engine = create_engine(f"postgresql://sagui_pipelines:secret@127.0.0.1:{port}/sagui")
    with pytest.raises(DatabaseUnavailable) as caught, transaction(engine):
        pass
    assert caught.value.retryable
    assert "secret" not in str(caught.value)
    assert str(port) in caught.value.source
    with pytest.raises(DatabaseUnavailable):
        reflect(engine, "shop", "series")


@pytest.mark.postgis
def test_an_exception_rolls_back(sandbox: Sandbox) -> None:
    def failing() -> None:
        with transaction(sandbox.engine) as connection, connection.cursor() as cursor:
            cursor.execute("INSERT INTO shop.series VALUES (1, '2020-01-01', 1)")
            raise KeyError("anything")

    with pytest.raises(KeyError):
        failing()
    assert sandbox.query("SELECT count(*) FROM shop.series") == [(0,)]


@pytest.mark.postgis
def test_the_end_of_the_block_commits(sandbox: Sandbox) -> None:
    with transaction(sandbox.engine) as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO shop.series VALUES (1, '2020-01-01', 1)")
    assert sandbox.query("SELECT count(*) FROM shop.series") == [(1,)]


@pytest.mark.postgis
@pytest.mark.parametrize(
    "statement", ["SELECT 1 FROM shop.absent", "SELECT absent FROM shop.series", "SELECT absent()"]
)
def test_an_older_schema_is_named(sandbox: Sandbox, statement: str) -> None:
    with (
        pytest.raises(SchemaOutdated, match="absent") as caught,
        transaction(sandbox.engine) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert "migrate" in caught.value.remedy


@pytest.mark.postgis
def test_a_mistake_in_sql_is_not_hidden(sandbox: Sandbox) -> None:
    with (
        pytest.raises(psycopg2.errors.SyntaxError),
        transaction(sandbox.engine) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SELEC 1")


@pytest.mark.postgis
def test_a_connection_lost_in_the_middle_of_a_copy_writes_nothing(sandbox: Sandbox) -> None:
    table = sandbox.table()
    first_block, terminated = threading.Event(), threading.Event()

    def blocks() -> Iterator[bytes]:
        yield rows(table, {(1, "2020-05-05"): 1.0})
        first_block.set()
        assert terminated.wait(10)
        for cell in range(2, 100_000):
            yield rows(table, {(cell, f"2020-05-{day:02}"): 1.0 for day in range(1, 31)})

    def terminate() -> None:
        assert first_block.wait(10)
        sandbox.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'sagui-pipelines' AND datname = current_database()"
        )
        terminated.set()

    killer = threading.Thread(target=terminate)
    killer.start()
    with (
        pytest.raises(DatabaseUnavailable) as caught,
        transaction(sandbox.engine) as connection,
        connection.cursor() as cursor,
    ):
        copy_rows(cursor, table.identifier, table.columns, blocks())
    killer.join()
    assert caught.value.retryable
    assert sandbox.query("SELECT count(*) FROM shop.series") == [(0,)]
    # The next transaction gets a new connection.
    with transaction(sandbox.engine) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


@pytest.mark.postgis
def test_reflection_keeps_order_types_and_key(sandbox: Sandbox) -> None:
    table = sandbox.table()
    assert table.columns == ("cell_id", "date", "value")
    assert table.key == ("cell_id", "date")
    assert table.values == ("value",)


@pytest.mark.postgis
@pytest.mark.parametrize(
    ("definition", "fact"),
    [
        (None, "does not exist"),
        ("CREATE TABLE shop.odd (a integer)", "no primary key"),
        ("CREATE TABLE shop.odd (a text PRIMARY KEY)", "column a of type text"),
        ("CREATE TABLE shop.odd (a timestamp PRIMARY KEY)", "column a of type timestamp without time zone"),
    ],
)
def test_a_table_that_cannot_be_loaded_is_named(sandbox: Sandbox, definition: str | None, fact: str) -> None:
    if definition:
        sandbox.query(definition)
    with pytest.raises(SchemaOutdated, match=fact):
        reflect(sandbox.engine, "shop", "odd")
