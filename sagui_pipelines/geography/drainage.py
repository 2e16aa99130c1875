"""Drainage: one river line per cell."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import shapely

from sagui_pipelines.errors import GeodataInvalid
from sagui_pipelines.geography.files import counted, doubled, few, find_layer, identifiers, read_layer
from sagui_pipelines.geography.shapes import Shapes, clean_lines

# About one metre: pieces of one reach that were cut apart lie closer, two reaches do not.
_TOUCHING_DEG = 1e-5


def read_drainage(folder: Path) -> Shapes:
    """Read the river lines, one per identifier; pieces of one reach are put together.

    Raises:
        SourceMissing, SourceCorrupt: the file is absent or cannot be read.
        GeodataInvalid: no field ID, no CRS, a feature that is no line, or two separate lines with one ID.
    """
    layer = find_layer(folder, "drainage")
    table = read_layer(layer, ("id",))
    table["id"] = identifiers(layer, table, "id")
    shapes = clean_lines(layer, table)
    twice = doubled(shapes.frame["id"].to_numpy())
    if not twice:
        return shapes
    pieces = shapes.frame[shapes.frame["id"].isin(twice)].groupby("id").geometry.agg(_joined).dropna()
    apart = sorted(set(twice) - set(pieces.index))
    if apart:
        raise GeodataInvalid(
            str(layer),
            f"{counted(len(apart), 'ID')} with several lines that do not touch: {few(apart)}",
            "Give each river line its own ID.",
        )
    joined = shapes.frame.drop_duplicates("id").set_index("id")
    joined.loc[pieces.index, "geometry"] = gpd.GeoSeries(pieces, crs=shapes.frame.crs)
    note = (
        f"{layer}: the lines of {counted(len(twice), 'ID')} drawn in several features joined ({few(twice)})."
    )
    return Shapes(layer, joined.reset_index(), (*shapes.notes, note))


def _joined(lines: gpd.GeoSeries) -> shapely.Geometry | None:
    union = shapely.union_all(lines.to_numpy())
    one_piece = shapely.buffer(union, _TOUCHING_DEG).geom_type == "Polygon"
    return shapely.line_merge(union, directed=True) if one_piece else None
