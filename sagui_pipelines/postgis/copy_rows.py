"""COPY from Python: blocks of encoded rows into a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from sagui_pipelines.postgis.copy_binary import HEADER, TRAILER


class _BlockFile:
    """The reading side of a file whose content is a sequence of blocks; psycopg2 takes blocks of any size."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = self._framed(blocks)
        self.error: BaseException | None = None

    @staticmethod
    def _framed(blocks: Iterable[bytes]) -> Iterator[bytes]:
        yield HEADER
        # An empty read would be the end of the file.
        yield from filter(None, blocks)
        yield TRAILER

    def read(self, size: int = -1, /) -> bytes:  # noqa: ARG002
        try:
            return next(self._blocks, b"")
        except BaseException as error:
            self.error = error
            raise

    readline = read


def copy_rows(
    cursor: Cursor,
    target: sql.Identifier,
    columns: Sequence[str],
    blocks: Iterable[bytes],
    *,
    freeze: bool = False,
) -> int:
    """Copy encoded rows into a table.

    Args:
        cursor: inside a transaction.
        target: quoted table name.
        columns: column names in the order of the encoded fields.
        blocks: output of `copy_binary.encode`; an error while iterating ends the COPY and is raised as it is.
        freeze: write rows as frozen; only for a table made in the same transaction, saves the later vacuum.

    Returns:
        Number of rows.
    """
    source = _BlockFile(blocks)
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary{})").format(
        target,
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", FREEZE" if freeze else ""),
    )
    try:
        cursor.copy_expert(statement, source)
    except psycopg2.Error:
        if source.error is not None:
            raise source.error from None
        raise
    return int(cursor.rowcount)
