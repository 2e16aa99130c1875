"""The light river tiles: as precise as a fixed weight allows, whatever the number of rivers in a tile."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from importlib.resources import files

from psycopg2.extensions import cursor as Cursor  # noqa: N812
from psycopg2.extras import execute_values

# Tolerance [1/4096 of a tile] and steps of the grid, from fine to coarse. A pixel of a 512-pixel tile is 8 of 4096.
FIDELITIES = ((2, 4096), (4, 2048), (8, 1024), (12, 1024), (16, 512), (24, 512), (32, 256))
HEAVIEST_BYTES = 38_000
# What the cache in front packs with.
_GZIP_LEVEL = 6


def prepare_reach_tiles(cursor: Cursor, *, changed: bool) -> int:
    """Make the tiles of layer `reaches` up to zoom 8, when the rivers changed or there are none yet.

    Returns:
        Number of tiles made.
    """
    cursor.execute(_sql("reach_tiles_present"))
    if cursor.fetchone() == (True,) and not changed:
        return 0
    cursor.execute(_sql("forget_reach_tiles"))
    cursor.execute(_sql("reach_tile_list"))
    rows = []
    for tile in cursor.fetchall():

        def make(tolerance: int, extent: int, tile: tuple[int, int, int] = tile) -> bytes:
            cursor.execute(_sql("reach_tile"), (*tile, tolerance, extent))
            row = cursor.fetchone()
            return bytes(row[0]) if row else b""

        rows.append(("reaches", *tile, lightest(make)))
    execute_values(cursor, _sql("write_tiles"), rows)
    return len(rows)


def lightest(make: Callable[[int, int], bytes]) -> bytes:
    """The most precise tile of at most `HEAVIEST_BYTES` when packed; the coarsest when none is.

    Args:
        make: tile of a tolerance and a grid.
    """
    content = b""
    for tolerance, extent in FIDELITIES:
        content = make(tolerance, extent)
        if len(zlib.compress(content, _GZIP_LEVEL)) <= HEAVIEST_BYTES:
            break
    return content


def _sql(name: str) -> str:
    return files("sagui_pipelines.publication").joinpath(f"sql/{name}.sql").read_text()
