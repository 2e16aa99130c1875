"""COPY to Python: the rows of a query as numpy columns, without a Python object per value."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from sagui_pipelines.postgis.copy_binary import HEADER, TRAILER, Field, PgType

_EPOCH_DAY = np.datetime64("2000-01-01", "D")


def read_columns(cursor: Cursor, query: str, fields: Sequence[Field]) -> dict[str, NDArray[np.generic]]:
    """Read all rows of a query.

    Args:
        cursor: inside a transaction.
        query: without parameters; its columns have the order and the types of `fields`, and none is NULL.
        fields: names and types of the columns; INT4, FLOAT8, BOOL or DATE.

    Returns:
        One array (n_rows) per field in native byte order; dates as datetime64[D].
    """
    stream = io.BytesIO()
    cursor.copy_expert(f"COPY ({query}) TO STDOUT (FORMAT binary)", stream)
    layout = [("n", ">i2")]
    for index, field in enumerate(fields):
        layout += [(f"l{index}", ">i4"), (f"v{index}", field.type.wire.str)]
    body = stream.getbuffer()[len(HEADER) : -len(TRAILER)]
    rows = np.frombuffer(body, np.dtype(layout))
    return {field.name: _native(field.type, rows[f"v{index}"]) for index, field in enumerate(fields)}


def _native(kind: PgType, column: NDArray[np.generic]) -> NDArray[np.generic]:
    native = column.astype(column.dtype.newbyteorder("="))
    if kind is PgType.DATE:
        days: NDArray[np.datetime64] = _EPOCH_DAY + native.astype("timedelta64[D]")
        return days
    return native.astype(bool) if kind is PgType.BOOL else native
