"""The geography of a model run: its cells, their river lines and catchments, joined and clean."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from sagui_pipelines.errors import GeodataInvalid
from sagui_pipelines.geography.catchments import read_catchments
from sagui_pipelines.geography.drainage import read_drainage
from sagui_pipelines.geography.files import counted, few
from sagui_pipelines.geography.minibasins import Minibasins, read_minibasins
from sagui_pipelines.geography.shapes import Shapes

_UNMATCHED_REMEDY = (
    "Export the three files from the same model run, or set SAGUI_GEODATA_UNMATCHED=leave_out to do without "
    "the cells named."
)


@dataclass(frozen=True)
class Geography:
    """Cells of the model with their geometry, in EPSG:4326, each frame ordered by cell.

    Attributes:
        source: folder of the files.
        drainage: columns mini, geometry (LineString or MultiLineString).
        catchments: columns mini, sub, geometry (Polygon or MultiPolygon).
        minibasins: columns mini, ordem, sub, width [m], depth [m].
        report: what was repaired, joined or left out, as sentences with counts.
    """

    source: Path
    drainage: gpd.GeoDataFrame
    catchments: gpd.GeoDataFrame
    minibasins: pd.DataFrame
    report: tuple[str, ...]


def read_geography(folder: Path, *, refuse_unmatched: bool = False) -> Geography:
    """Read and clean `drainage`, `mini` and `catchments`, and join them on ID = CatID.

    Lines and polygons without a minibasin are left out; a catchment without a river line stays. Both are reported.

    Args:
        folder: folder with three shapefiles or GeoPackages, or one GeoPackage with three layers.
        refuse_unmatched: treat cells that lack a counterpart in another file as an error.

    Raises:
        SourceMissing, SourceCorrupt: a file is absent or cannot be read.
        GeodataInvalid: a field or CRS is missing, cells are doubled, or nothing matches.
    """
    minibasins = read_minibasins(folder)
    lines = read_drainage(folder)
    polygons = read_catchments(folder, lines)
    unmatched = [
        *_unmatched(lines, "river line", minibasins),
        *_unmatched(polygons, "catchment", minibasins),
    ]
    if refuse_unmatched and unmatched:
        raise GeodataInvalid(folder, " ".join(unmatched).rstrip("."), _UNMATCHED_REMEDY)
    return Geography(
        source=folder,
        drainage=_joined(lines, minibasins)[["mini", "geometry"]],
        catchments=_joined(polygons, minibasins)[["mini", "sub", "geometry"]],
        minibasins=minibasins.frame.drop(columns="catid"),
        report=(*lines.notes, *polygons.notes, *unmatched, *_gaps(minibasins)),
    )


def _joined(shapes: Shapes, minibasins: Minibasins) -> gpd.GeoDataFrame:
    cells = minibasins.frame[["mini", "catid", "sub"]]
    joined = shapes.frame.merge(cells, left_on="id", right_on="catid", validate="one_to_one")
    if joined.empty:
        raise GeodataInvalid(
            str(shapes.layer),
            f"no ID equals a CatID of {minibasins.layer} (ID {few(shapes.frame['id'], 3)}; "
            f"CatID {few(minibasins.frame['catid'], 3)})",
            _UNMATCHED_REMEDY,
        )
    return joined.sort_values("mini", ignore_index=True)


def _unmatched(shapes: Shapes, noun: str, minibasins: Minibasins) -> list[str]:
    ids, cells = shapes.frame["id"].to_numpy(), minibasins.frame["catid"].to_numpy()
    without_cell, without_shape = np.setdiff1d(ids, cells), np.setdiff1d(cells, ids)
    sentences = []
    if len(without_cell):
        sentences.append(
            f"{shapes.layer}: {counted(len(without_cell), noun)} without minibasin left out (ID {few(without_cell)})."
        )
    if len(without_shape):
        sentences.append(
            f"{minibasins.layer}: {counted(len(without_shape), 'minibasin')} without {noun} "
            f"(CatID {few(without_shape)}); no map shows them."
        )
    return sentences


def _gaps(minibasins: Minibasins) -> list[str]:
    cells = minibasins.frame["mini"].to_numpy()
    gaps = int(cells[-1]) - len(cells)
    return [f"{minibasins.layer}: {counted(gaps, 'cell')} of 1..{cells[-1]} have no row."] if gaps else []
