"""Catchments: the land that drains to each river line."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import shapely

from sagui_pipelines.errors import GeodataInvalid
from sagui_pipelines.geography.files import counted, doubled, few, find_layer, identifiers, read_layer
from sagui_pipelines.geography.shapes import Shapes, clean_polygons


def read_catchments(folder: Path, drainage: Shapes) -> Shapes:
    """Read the catchment polygons, one per identifier.

    Where several polygons carry one ID, those that meet the river line of that ID are kept, as one.

    Raises:
        SourceMissing, SourceCorrupt: the file is absent or cannot be read.
        GeodataInvalid: no field ID, no CRS, a feature that is no polygon, or doubles that no river line tells apart.
    """
    layer = find_layer(folder, "catchments")
    table = read_layer(layer, ("id",))
    table["id"] = identifiers(layer, table, "id")
    shapes = clean_polygons(layer, table)
    twice = doubled(shapes.frame["id"].to_numpy())
    if not twice:
        return shapes
    lines = dict(zip(drainage.frame["id"], drainage.frame.geometry, strict=True))
    groups = shapes.frame[shapes.frame["id"].isin(twice)].groupby("id").geometry
    chosen = {int(cell): _chosen(polygons, lines.get(cell)) for cell, polygons in groups}
    unclear = sorted(cell for cell, polygon in chosen.items() if polygon is None)
    if unclear:
        raise GeodataInvalid(
            str(layer),
            f"{counted(len(unclear), 'ID')} with several polygons, none on a river line of that ID: {few(unclear)}",
            "Delete the wrong polygons, or correct the ID of the river line.",
        )
    surplus = int(groups.size().sum()) - len(twice)
    frame = shapes.frame.drop_duplicates("id").set_index("id")
    frame.loc[list(chosen), "geometry"] = gpd.GeoSeries(chosen, crs=shapes.frame.crs)
    note = (
        f"{layer}: {counted(surplus, 'polygon')} too many for {counted(len(twice), 'ID')} ({few(twice)}); "
        "those on the river line kept, as one."
    )
    return Shapes(layer, frame.reset_index(), (*shapes.notes, note))


def _chosen(polygons: gpd.GeoSeries, line: shapely.Geometry | None) -> shapely.Geometry | None:
    distinct = shapely.from_wkb(sorted({shape.wkb for shape in shapely.normalize(polygons.to_numpy())}))
    if len(distinct) == 1:
        return distinct[0]
    if line is None:
        return None
    kept = distinct[shapely.intersects(distinct, line)]
    return shapely.union_all(kept) if len(kept) else None
