"""The basin's geography as shapefiles, with the fields that real deliveries have: drainage, mini, catchments."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from sagui_pipelines.simulation.basin import Basin
from sagui_pipelines.simulation.files import writing_in
from sagui_pipelines.simulation.network import Network
from sagui_pipelines.simulation.terrain import Terrain

_SMOOTHING_ROUNDS = 2
_CRS = "EPSG:4326"


def write_geodata(basin: Basin, network: Network, terrain: Terrain, folder: Path) -> None:
    """Write `drainage.shp` (ID, lines), `mini.shp` (points) and `catchments.shp` (ID, polygons) in EPSG:4326.

    Raises:
        WorkspaceUnwritable: the folder cannot be written.
    """
    ids = np.arange(1, basin.cells + 1, dtype=np.float64)
    layers = {
        "drainage": gpd.GeoDataFrame({"ID": ids}, geometry=river_lines(network, terrain), crs=_CRS),
        "mini": gpd.GeoDataFrame(
            {
                "Mini": ids.astype(np.int32),
                "CatID": ids,
                "Ordem": basin.order,
                "Sub": basin.sub,
                "Width": basin.width_m,
                "Depth": basin.depth_m,
            },
            geometry=gpd.points_from_xy(basin.longitude, basin.latitude),
            crs=_CRS,
        ),
        "catchments": gpd.GeoDataFrame(
            {"ID": ids}, geometry=catchment_polygons(network, terrain, basin.cells), crs=_CRS
        ),
    }
    for name, frame in layers.items():
        _write_shapefile(frame, folder / f"{name}.shp")


def river_lines(network: Network, terrain: Terrain) -> NDArray[np.object_]:
    """One line per cell from its top to the first point of the next cell's line, corners rounded.

    Points where another line joins stay where they are, so that lines touch exactly.
    """
    joins = {
        int(reach[-1]) for reach, down in zip(network.reaches, network.downstream, strict=True) if down >= 0
    }
    lines = []
    for reach in network.reaches:
        fixed = np.array([pixel in joins for pixel in reach.tolist()])
        fixed[[0, -1]] = True
        points = np.column_stack(terrain.lonlat(reach))
        corners = np.flatnonzero(fixed)
        parts = [_rounded(points[a : b + 1]) for a, b in pairwise(corners)]
        lines.append(shapely.LineString(np.vstack([parts[0], *(part[1:] for part in parts[1:])])))
    return np.array(lines, dtype=object)


def _rounded(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Chaikin's corner cutting between fixed ends."""
    for _ in range(_SMOOTHING_ROUNDS):
        if len(points) < 3:
            break
        a, b = points[:-1], points[1:]
        cut = np.stack([0.75 * a + 0.25 * b, 0.25 * a + 0.75 * b], axis=1).reshape(-1, 2)
        points = np.vstack([points[:1], cut[1:-1], points[-1:]])
    return points


def catchment_polygons(network: Network, terrain: Terrain, cells: int) -> NDArray[np.object_]:
    """Polygons of the unit catchments; neighbours share their borders, so they tile the territory without gaps."""
    pixels = np.flatnonzero(network.catchment)
    lon, lat = terrain.lonlat(pixels)
    half = terrain.step / 2
    columns = np.rint((lon - half - terrain.west) / terrain.step)
    rows = np.rint((terrain.north - lat - half) / terrain.step)
    x = [terrain.west + (columns + k) * terrain.step for k in (0, 1)]
    y = [terrain.north - (rows + k) * terrain.step for k in (0, 1)]
    squares = shapely.box(x[0], y[1], x[1], y[0])
    order = np.argsort(network.catchment.flat[pixels], kind="stable")
    first = np.searchsorted(network.catchment.flat[pixels][order], np.arange(1, cells + 2))
    merged = [shapely.coverage_union_all(squares[order[a:b]]) for a, b in pairwise(first)]
    smooth: NDArray[np.object_] = shapely.coverage_simplify(
        np.array(merged, dtype=object), 0.8 * terrain.step
    )
    return smooth


def _write_shapefile(frame: gpd.GeoDataFrame, path: Path) -> None:
    """Write a shapefile aside and move its parts into place, the .shp last."""
    with writing_in(path.parent / ".part") as aside:
        frame.to_file(aside / path.name, engine="pyogrio")
        parts = sorted(aside.glob(f"{path.stem}.*"), key=lambda part: part.suffix == ".shp")
        for part in parts:
            part.replace(path.parent / part.name)
