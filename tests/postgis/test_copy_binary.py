"""COPY BINARY encoding: the format itself, and that the server reads back every bit."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import psycopg2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sagui_pipelines.postgis.copy_binary import HEADER, TRAILER, Field, PgType, encode

FIELDS = (
    Field("cell_id", PgType.INT4),
    Field("date", PgType.DATE),
    Field("flow", PgType.FLOAT8),
    Field("level", PgType.FLOAT8),
    Field("update_time", PgType.TIMESTAMPTZ),
    Field("is_analysis", PgType.BOOL),
)
NASTY = np.array(
    [
        0.0,
        -0.0,
        5e-324,
        -1.7976931348623157e308,
        np.inf,
        -np.inf,
        0.1,
        1 / 3,
        9.969209968386869e36,
        -15757.123,
    ]
)


def columns(flow: NDArray[np.float64], level: NDArray[np.float64]) -> dict[str, NDArray[Any]]:
    """Rows around the two float columns."""
    n = flow.size
    return {
        "cell_id": np.arange(1, n + 1, dtype=np.int32),
        "date": np.datetime64("1999-12-25") + np.arange(n),
        "flow": flow,
        "level": level,
        "update_time": np.datetime64("2026-11-22T05:06:07.123456", "us")
        - np.arange(n).astype("timedelta64[D]"),
        "is_analysis": np.arange(n) % 3 == 0,
    }


def decode(data: bytes, n_fields: int) -> list[list[bytes | None]]:
    """Rows of raw values, read field by field as the server does."""
    stream, rows = io.BytesIO(data), []
    while head := stream.read(2):
        assert struct.unpack(">h", head)[0] == n_fields
        row: list[bytes | None] = []
        for _ in range(n_fields):
            (length,) = struct.unpack(">i", stream.read(4))
            row.append(None if length == -1 else stream.read(length))
        rows.append(row)
    return rows


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(width=64), st.floats(width=64)), min_size=1, max_size=40))
def test_every_row_comes_once_with_its_bits_and_its_nulls(pairs: list[tuple[float, float]]) -> None:
    flow, level = (np.array([pair[i] for pair in pairs]) for i in (0, 1))
    rows = decode(b"".join(encode(FIELDS, columns(flow, level))), len(FIELDS))
    rows.sort(key=lambda row: row[0] or b"")
    for row, wanted_flow, wanted_level, number in zip(
        rows, flow, level, range(1, len(pairs) + 1), strict=True
    ):
        assert row[0] == struct.pack(">i", number)
        for value, wanted in ((row[2], wanted_flow), (row[3], wanted_level)):
            assert value == (None if np.isnan(wanted) else struct.pack(">d", wanted))


def test_rows_without_null_are_one_piece_in_the_order_given() -> None:
    flow = np.arange(1000.0)
    (data,) = encode(FIELDS, columns(flow, flow))
    assert [row[0] for row in decode(data, len(FIELDS))] == [struct.pack(">i", i + 1) for i in range(1000)]


def test_a_column_without_any_value_stays_one_piece() -> None:
    flow = np.arange(1000.0)
    (data,) = encode(FIELDS, columns(flow, np.full(1000, np.nan)))
    assert all(row[3] is None and row[2] is not None for row in decode(data, len(FIELDS)))


def test_dates_and_times_count_from_2000() -> None:
    (data,) = encode(FIELDS, columns(np.zeros(1), np.zeros(1)))
    ((_, day, _, _, moment, flag),) = decode(data, len(FIELDS))
    assert day == struct.pack(">i", -7)
    elapsed_us = (
        np.datetime64("2026-11-22T05:06:07.123456") - np.datetime64("2000-01-01T00:00:00.000000")
    ).astype(int)
    assert moment == struct.pack(">q", elapsed_us)
    assert flag == b"\x01"


def test_missing_date_and_time_are_null() -> None:
    given_columns = columns(np.zeros(2), np.zeros(2))
    given_columns["date"] = np.array(["2020-02-29", "NaT"], "datetime64[D]")
    given_columns["update_time"] = np.array(["NaT", "2020-02-29"], "datetime64[us]")
    rows = decode(b"".join(encode(FIELDS, given_columns)), len(FIELDS))
    assert sorted((row[1] is None, row[4] is None) for row in rows) == [(False, True), (True, False)]


def test_no_rows_give_no_bytes() -> None:
    assert b"".join(encode(FIELDS, columns(np.zeros(0), np.zeros(0)))) == b""


def test_an_integer_that_does_not_fit_is_refused() -> None:
    given_columns = columns(np.zeros(2), np.zeros(2))
    given_columns["cell_id"] = np.array([1, 2**31], np.int64)
    with pytest.raises(OverflowError, match="does not fit"):
        list(encode(FIELDS, given_columns))
    given_columns["cell_id"] = np.array([1, 2**31 - 1], np.int64)
    assert len(list(encode(FIELDS, given_columns))) == 1


@pytest.mark.postgis
def test_the_server_reads_back_every_bit(postgis_cluster: Any) -> None:
    random = np.random.default_rng(5)
    flow = np.concatenate([NASTY, random.integers(-(2**63), 2**63, 500).view(np.float64)])
    level = np.where(random.random(flow.size) < 0.3, np.nan, random.standard_normal(flow.size))
    rows = columns(flow, level)
    connection = psycopg2.connect(postgis_cluster.url("superuser", "postgres"))
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE target (cell_id integer, date date, flow double precision, "
            "level double precision, update_time timestamptz, is_analysis boolean)"
        )
        stream = io.BytesIO(HEADER + b"".join(encode(FIELDS, rows)) + TRAILER)
        cursor.copy_expert("COPY target FROM STDIN (FORMAT binary)", stream)
        cursor.execute("SET TIME ZONE 'UTC'")
        cursor.execute(
            "SELECT cell_id, date, encode(float8send(flow), 'hex'), encode(float8send(level), 'hex'), "
            "update_time AT TIME ZONE 'UTC', is_analysis FROM target ORDER BY cell_id"
        )
        read = cursor.fetchall()
    connection.close()

    def sent(values: NDArray[np.float64]) -> list[str | None]:
        return [None if np.isnan(value) else struct.pack(">d", value).hex() for value in values]

    assert [row[0] for row in read] == rows["cell_id"].tolist()
    assert [row[1] for row in read] == rows["date"].tolist()
    assert [row[2] for row in read] == sent(flow)
    assert [row[3] for row in read] == sent(level)
    assert [row[4] for row in read] == rows["update_time"].tolist()
    assert [row[5] for row in read] == rows["is_analysis"].tolist()
