"""One number of cells everywhere: in HYFAA's files, in the geography, in the tables."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from psycopg2.extensions import cursor as Cursor  # noqa: N812

from sagui_pipelines.errors import CellsChanged
from sagui_pipelines.postgis.import_state import known_cells

_REMEDY = (
    "Model, geography and tables must come from the same mesh: use the matching files, or empty the series tables "
    "and import the new geography first."
)


def expected_cells(cursor: Cursor, tablename: str) -> int | None:
    """Number of cells that a source of this table must have; None while nothing is known.

    Raises:
        CellsChanged: the geography and what was loaded earlier disagree.
    """
    loaded = known_cells(cursor, tablename)
    cursor.execute(files("sagui_pipelines.flow").joinpath("sql/geography_cells.sql").read_text())
    count, largest = cursor.fetchone() or (0, None)
    if not count:
        return loaded
    if largest != count:
        raise CellsChanged(
            "guyane.hyfaa_minibasins_data",
            f"the geography has {count} cells but numbers them up to {largest}",
            "Import a complete geography.",
        )
    if loaded not in (None, count):
        raise CellsChanged(
            f"guyane.{tablename}",
            f"was loaded with {loaded} cells, but the geography has {count} cells",
            _REMEDY,
        )
    return int(count)


def check_cells(source: str | Path, n_cells: int, expected: int | None) -> None:
    """Refuse a source of another number of cells.

    Raises:
        CellsChanged: always when the numbers differ and one is expected.
    """
    if expected is not None and n_cells != expected:
        raise CellsChanged(source, f"has {n_cells} cells, but the geography has {expected} cells", _REMEDY)
