"""numpy columns as rows of PostgreSQL's COPY BINARY format, without a Python object per value.

Format: https://www.postgresql.org/docs/15/sql-copy.html, section "Binary Format". A row is a 16-bit field count, then per
field a 32-bit length and the value, all big-endian; a NULL is the length -1 without a value. Rows that are NULL in the same
columns have the same layout, so they are one numpy structured array; a block of rows is encoded layout by layout.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

HEADER = b"PGCOPY\n\xff\r\n\0" + b"\0" * 8
TRAILER = b"\xff\xff"

_POSTGRES_EPOCH_DAY = np.datetime64("2000-01-01", "D")
_POSTGRES_EPOCH_US = np.datetime64("2000-01-01", "us")
_NULL_LENGTH = -1


class PgType(Enum):
    """A column type and the name it has in SQL."""

    INT4 = "integer"
    FLOAT8 = "double precision"
    DATE = "date"
    TIMESTAMPTZ = "timestamp with time zone"
    BOOL = "boolean"

    @property
    def wire(self) -> np.dtype[np.generic]:
        """numpy type of the value in the stream."""
        return _WIRE[self]


_WIRE: dict[PgType, np.dtype[np.generic]] = {
    PgType.INT4: np.dtype(">i4"),
    PgType.FLOAT8: np.dtype(">f8"),
    PgType.DATE: np.dtype(">i4"),
    PgType.TIMESTAMPTZ: np.dtype(">i8"),
    PgType.BOOL: np.dtype("u1"),
}


@dataclass(frozen=True)
class Field:
    """A column of the target table.

    Attributes:
        name: column name.
        type: column type.
    """

    name: str
    type: PgType


def encode(fields: Sequence[Field], columns: Mapping[str, NDArray[np.generic]]) -> Iterator[bytes]:
    """Encode rows, without header and trailer.

    Args:
        fields: the columns, in the order the COPY statement names them.
        columns: one array (n_rows) per field: float64 with NaN = NULL for double precision (other bits are kept
            exactly), datetime64[D] for date and datetime64[us] for timestamptz with NaT = NULL, integers for
            integer, bool or 0/1 for boolean.

    Yields:
        The rows of one NULL pattern at a time, in the order of the input within each; together every row once.
    """
    values = [_wire_values(field.type, columns[field.name]) for field in fields]
    missing = [_missing(columns[field.name]) for field in fields]
    n_rows = len(values[0])
    kinds = tuple(field.type for field in fields)
    for pattern, rows in _patterns(missing, n_rows):
        part = values if rows is None else [column[rows] for column in values]
        yield _rows(kinds, pattern, part)


def _rows(
    kinds: tuple[PgType, ...], pattern: tuple[bool, ...], values: Sequence[NDArray[np.generic]]
) -> bytes:
    rows = np.repeat(_template(kinds, pattern), len(values[0]))
    for index, (null, column) in enumerate(zip(pattern, values, strict=True)):
        if not null:
            rows[f"v{index}"] = column
    return rows.tobytes()


@lru_cache(maxsize=4096)
def _template(kinds: tuple[PgType, ...], pattern: tuple[bool, ...]) -> NDArray[np.void]:
    """One row (1,) with field count and lengths filled in."""
    layout: list[tuple[str, np.dtype[np.generic]]] = [("n", np.dtype(">i2"))]
    for index, (kind, null) in enumerate(zip(kinds, pattern, strict=True)):
        layout.append((f"l{index}", np.dtype(">i4")))
        if not null:
            layout.append((f"v{index}", kind.wire))
    template = np.zeros(1, np.dtype(layout))
    template["n"] = len(kinds)
    for index, (kind, null) in enumerate(zip(kinds, pattern, strict=True)):
        template[f"l{index}"] = _NULL_LENGTH if null else kind.wire.itemsize
    return template


def _patterns(
    missing: Sequence[NDArray[np.bool_] | None], n_rows: int
) -> Iterator[tuple[tuple[bool, ...], NDArray[np.intp] | None]]:
    """NULL patterns that occur, each with its row numbers; None for all rows."""
    code = np.zeros(n_rows, np.uint64)
    for index, mask in enumerate(missing):
        if mask is not None:
            code |= mask.astype(np.uint64) << np.uint64(index)
    if n_rows == 0:
        return
    if (code == code[0]).all():
        yield _bits(int(code[0]), len(missing)), None
        return
    for found in np.unique(code):
        yield _bits(int(found), len(missing)), np.flatnonzero(code == found)


def _bits(code: int, count: int) -> tuple[bool, ...]:
    return tuple(bool(code >> index & 1) for index in range(count))


def _missing(column: NDArray[np.generic]) -> NDArray[np.bool_] | None:
    if column.dtype.kind == "f":
        mask: NDArray[np.bool_] = np.isnan(column)
    elif column.dtype.kind == "M":
        mask = np.isnat(column)
    else:
        return None
    return mask if mask.any() else None


def _wire_values(kind: PgType, column: NDArray[np.generic]) -> NDArray[np.generic]:
    if kind is PgType.DATE:
        return _since(column, _POSTGRES_EPOCH_DAY).astype(np.int32)
    if kind is PgType.TIMESTAMPTZ:
        return _since(column, _POSTGRES_EPOCH_US)
    if kind is PgType.INT4 and not np.can_cast(column.dtype, np.int32):
        return _checked_int32(column)
    return column


def _since(times: NDArray[np.generic], epoch: np.datetime64) -> NDArray[np.int64]:
    elapsed: NDArray[np.int64] = (times.astype(epoch.dtype) - epoch).astype(np.int64)
    return elapsed


def _checked_int32(column: NDArray[np.generic]) -> NDArray[np.int32]:
    narrow = column.astype(np.int32)
    if not np.array_equal(narrow, column):
        raise OverflowError("a value does not fit PostgreSQL's integer")
    return narrow
