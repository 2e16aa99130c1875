"""Loading a stream of encoded rows into a table partitioned by year, by the fastest way each year allows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import attrgetter

from psycopg2.extensions import cursor as Cursor  # noqa: N812

from sagui_pipelines.postgis.background import ahead
from sagui_pipelines.postgis.copy_rows import copy_rows
from sagui_pipelines.postgis.merge import MergeCounts, create_staging, merge
from sagui_pipelines.postgis.partitions import attach_partition, has_rows, stage_partition
from sagui_pipelines.postgis.tables import Table

# Enough to bridge the server's index builds without holding more than some 50 MB.
_BLOCKS_AHEAD = 8


@dataclass(frozen=True)
class Block:
    """Encoded rows of one year.

    Attributes:
        year: calendar year of all its rows.
        data: rows from `copy_binary.encode`.
    """

    year: int
    data: bytes


def load_blocks(
    cursor: Cursor,
    table: Table,
    blocks: Iterable[Block],
    *,
    scope: str,
    days: Sequence[date],
    refused: Collection[date] = (),
    progress: Callable[[str], None],
) -> MergeCounts:
    """Make the rows of some days equal to a stream of rows.

    A year that holds no row yet is copied into its future partition, which is indexed and attached afterwards; the
    rows of all other years are staged and merged. The stream is produced in a background thread.

    Args:
        cursor: inside a transaction; the caller commits.
        table: partitioned by year of `scope`.
        blocks: rows in the order of the table's columns, years increasing.
        scope: the date column of the key.
        days: all days the stream covers, also those without any row.
        refused: days without rows that must stay as they are; read once the stream has ended, so it may be filled
            by the stream itself.
        progress: told about each finished year.
    """
    fresh = {year for year in {day.year for day in days} if not has_rows(cursor, table, year)}
    merged_days = [day for day in days if day.year not in fresh]
    staging = create_staging(cursor, table) if merged_days else None
    counts, staged = MergeCounts(), 0
    with ahead(blocks, _BLOCKS_AHEAD) as stream:
        for year, group in groupby(stream, key=attrgetter("year")):
            data = (block.data for block in group)
            if year not in fresh:
                assert staging is not None  # noqa: S101
                staged += copy_rows(cursor, staging, table.columns, data)
                continue
            partition = stage_partition(cursor, table, year)
            rows = copy_rows(cursor, partition, table.columns, data, freeze=True)
            attach_partition(cursor, table, year)
            counts += MergeCounts(staged=rows, inserted=rows)
            progress(f"{table.name}: {rows:,} rows of {year} in a new partition")
    if staging is not None:
        kept = [day for day in merged_days if day not in refused]
        merged = merge(cursor, table, staging, staged=staged, scope=scope, loaded=kept)
        progress(f"{table.name}: {staged:,} rows merged, {merged.changed:,} of them changed the table")
        counts += merged
    return counts
