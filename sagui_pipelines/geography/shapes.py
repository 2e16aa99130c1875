"""Cleaning of geometries: two dimensions, no empty ones, lines merged, rings repaired; each change is reported."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from sagui_pipelines.errors import GeodataInvalid
from sagui_pipelines.geography.files import Layer, counted, few

LINES = (1, 5)
POLYGONS = (3, 6)
_KIND = {LINES: "lines", POLYGONS: "polygons"}


@dataclass(frozen=True)
class Shapes:
    """Features of a geography file, cleaned.

    Attributes:
        layer: where they come from.
        frame: columns `id` (int32) and `geometry` in EPSG:4326, ordered by id.
        notes: what was changed or left out, as sentences with counts.
    """

    layer: Layer
    frame: gpd.GeoDataFrame
    notes: tuple[str, ...] = ()


def clean_lines(layer: Layer, frame: gpd.GeoDataFrame) -> Shapes:
    """Merge the pieces of each line; leave out those without length.

    Raises:
        GeodataInvalid: a feature is no line.
    """
    frame, notes = _flat(layer, frame, LINES)
    merged = shapely.line_merge(frame.geometry.to_numpy(), directed=True)
    usable = shapely.is_valid(merged) & (shapely.length(merged) > 0)
    if not usable.all():
        notes.append(f"{layer}: {_named(frame, ~usable, 'line')} without length left out.")
    return _shapes(layer, frame.set_geometry(merged, crs=frame.crs)[usable], notes)


def clean_polygons(layer: Layer, frame: gpd.GeoDataFrame) -> Shapes:
    """Repair invalid rings; leave out polygons of which no area remains.

    Raises:
        GeodataInvalid: a feature is no polygon.
    """
    frame, notes = _flat(layer, frame, POLYGONS)
    geometries = frame.geometry.to_numpy().copy()
    broken = ~shapely.is_valid(geometries)
    if broken.any():
        repaired = shapely.make_valid(geometries[broken], method="structure", keep_collapsed=False)
        geometries[broken] = [polygonal(geometry) for geometry in repaired]
        lost = shapely.is_empty(geometries)
        if (broken & ~lost).any():
            notes.append(f"{layer}: {_named(frame, broken & ~lost, 'polygon')} with invalid rings repaired.")
        if lost.any():
            notes.append(f"{layer}: {_named(frame, lost, 'polygon')} without area left out.")
        frame = frame.set_geometry(geometries, crs=frame.crs)[~lost]
    return _shapes(layer, frame, notes)


def polygonal(geometry: shapely.Geometry) -> shapely.Geometry:
    """The areas of a geometry, without its lines and points; empty when it has none."""
    if shapely.get_type_id(geometry) in POLYGONS:
        return geometry
    parts = shapely.get_parts(shapely.get_parts(geometry))
    return shapely.union_all(parts[shapely.get_type_id(parts) == POLYGONS[0]])


def _flat(layer: Layer, frame: gpd.GeoDataFrame, kind: tuple[int, int]) -> tuple[gpd.GeoDataFrame, list[str]]:
    notes = []
    geometries = frame.geometry.to_numpy()
    empty = shapely.is_missing(geometries) | shapely.is_empty(geometries)
    if empty.any():
        notes.append(f"{layer}: {counted(int(empty.sum()), 'feature')} without geometry left out.")
    frame = frame[~empty]
    flat = shapely.force_2d(frame.geometry.to_numpy())
    types = shapely.get_type_id(flat)
    wrong = ~np.isin(types, kind)
    if wrong.any():
        found = few(sorted({geometry.geom_type for geometry in flat[wrong]}))
        raise GeodataInvalid(
            str(layer),
            f"{counted(int(wrong.sum()), 'feature')} of type {found} instead of {_KIND[kind]}",
            "Check that the files were not swapped, and export the layer again.",
        )
    return frame.set_geometry(flat, crs=frame.crs), notes


def _shapes(layer: Layer, frame: gpd.GeoDataFrame, notes: list[str]) -> Shapes:
    if frame.empty:
        raise GeodataInvalid(
            str(layer), "holds no usable geometry", "Export the layer again with its geometry."
        )
    return Shapes(layer, frame[["id", "geometry"]].sort_values("id", ignore_index=True), tuple(notes))


def _named(frame: gpd.GeoDataFrame, chosen: NDArray[np.bool_], noun: str) -> str:
    return f"{counted(int(chosen.sum()), noun)} (ID {few(frame['id'][chosen])})"
