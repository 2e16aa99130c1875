"""Invented terrain of French Guiana: rivers that run north to the Atlantic through eight mouths.

The relief is the steady state of uplift against river erosion (stream-power law, dz/dx ~ A^-0.45: Whipple and
Tucker 1999), reached by repeating depression filling (Wang and Liu 2006, as in pyflwdir) and slope integration.
That gives dendritic valleys without lakes or parallel lines on flats, at any resolution.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyflwdir
import shapely
from numpy.typing import NDArray
from pyflwdir.dem import fill_depressions
from scipy.ndimage import find_objects, label, map_coordinates

from sagui_pipelines.simulation.outlines import RIVERS, TERRITORY, Outline

KM_PER_DEGREE = 111.2
_NODATA = -9999.0
_CONCAVITY = 0.45
_ROUNDS = 10
_PIXELS_PER_CELL = 90
_PIXELS = (24_000, 650_000)
_LEAST_PIXELS_PER_CELL = 25
_WEST, _SOUTH, _EAST, _NORTH = -56.5, 1.9, -51.0, 6.0


@dataclass(frozen=True)
class Terrain:
    """Flow directions of the territory on a lon/lat raster, north up, row-major.

    Attributes:
        flow: pyflwdir's directions; its pits are the river mouths.
        land: pixels of the territory, shape (rows, columns).
        elevation_m: relief [m], NaN off the territory.
        drained_km2: area upstream of each pixel, itself included [km2].
        west, north: corner of the raster [degrees].
        step: pixel size [degrees].
        mouths: linear index of the mouth pixel of each river, in the order of RIVERS.
    """

    flow: pyflwdir.FlwdirRaster
    land: NDArray[np.bool_]
    elevation_m: NDArray[np.float64]
    drained_km2: NDArray[np.float64]
    west: float
    north: float
    step: float
    mouths: NDArray[np.intp]

    def lonlat(self, pixels: NDArray[np.intp]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Centre of pixels given by linear index [degrees]."""
        rows, columns = np.divmod(pixels, self.land.shape[1])
        return self.west + (columns + 0.5) * self.step, self.north - (rows + 0.5) * self.step


def build_terrain(cells: int, seed: int) -> Terrain:
    """Raise the relief that `cells` cells will be cut from; the same seed gives the same country."""
    rng = np.random.default_rng([seed, 1])
    rivers = [_wander(river, rng) for river in RIVERS]
    territory = shapely.Polygon(TERRITORY)
    pixels = max(int(np.clip(cells * _PIXELS_PER_CELL, *_PIXELS)), cells * _LEAST_PIXELS_PER_CELL)
    step = float(np.sqrt(territory.area / pixels))
    lon = np.arange(_WEST + step / 2, _EAST, step)
    lat = np.arange(_NORTH - step / 2, _SOUTH, -step)
    points = shapely.points(*np.meshgrid(lon, lat))
    land = _land(territory, points, _noise(rng, lon, lat, (0.5, 0.25, 0.12, 0.06), 0.06, 0.6))
    mouths = _mouth_pixels(rivers, land, step)
    noise = _noise(rng, lon, lat, (1.0, 0.5, 0.25, 0.12, 0.06), 16.0, 0.7)
    start, cut = np.full((2, *land.shape), _NODATA)
    start[land], cut[land] = _guide(rivers, points[land], noise[land], step)
    erodibility = np.exp(_noise(rng, lon, lat, (0.5, 0.25, 0.12, 0.06), 0.5, 0.9))
    texture = rng.normal(size=land.shape)
    area = (step * KM_PER_DEGREE) ** 2 * np.cos(np.radians(lat))[:, None] * np.ones_like(lon)
    _, directions = fill_depressions(cut, idxs_pit=mouths, nodata=_NODATA)
    basins = _flow(directions, land).basins(idxs=mouths).astype(np.int32)
    flow, relief, drained = _erode(start, erodibility, texture, basins, area, mouths)
    return Terrain(flow, land, np.where(land, relief, np.nan), drained, _WEST, _NORTH, step, mouths)


def _erode(
    relief: NDArray[np.float64],
    erodibility: NDArray[np.float64],
    texture: NDArray[np.float64],
    basins: NDArray[np.int32],
    area: NDArray[np.float64],
    mouths: NDArray[np.intp],
) -> tuple[pyflwdir.FlwdirRaster, NDArray[np.float64], NDArray[np.float64]]:
    """Repeat drainage and slope integration; water never leaves its basin, so the rivers keep their size."""
    land = basins > 0
    length = np.sqrt(area)
    for turn in range(_ROUNDS):
        rough = relief + (6.0 * (1.0 - turn / _ROUNDS) + 1.5) * texture
        directions = np.zeros(land.shape, dtype=np.uint8)
        for number, (box, mouth) in enumerate(zip(find_objects(basins), mouths, strict=True), start=1):
            inside = basins[box] == number
            row, column = np.subtract(divmod(int(mouth), land.shape[1]), (box[0].start, box[1].start))
            _, of_basin = fill_depressions(
                np.where(inside, rough[box], _NODATA),
                idxs_pit=np.array([row * inside.shape[1] + column]),
                nodata=_NODATA,
            )
            directions[box][inside] = of_basin[inside]
        flow = _flow(directions, land)
        drained = flow.accuflux(np.where(land, area, _NODATA), nodata=_NODATA)
        climb = erodibility * length * np.maximum(drained, 1.0) ** -_CONCAVITY
        climb.flat[mouths] = 0.0
        relief = 9.0 * flow.accuflux(np.where(land, climb, _NODATA), nodata=_NODATA, direction="down")
    return flow, relief, drained


def _flow(directions: NDArray[np.uint8], land: NDArray[np.bool_]) -> pyflwdir.FlwdirRaster:
    return pyflwdir.from_array(
        np.where(land, directions, 247).astype(np.uint8), ftype="d8", check_ftype=False
    )


def _wander(river: Outline, rng: np.random.Generator) -> Outline:
    """Move the inner points of a river's course a little: every seed has its own country."""
    course = np.asarray(river.course)
    moved = course + np.vstack([np.zeros(2), rng.normal(0.0, 0.05, (len(course) - 1, 2))])
    return Outline(river.name, tuple(map(tuple, moved.tolist())), river.joins)


def _land(
    territory: shapely.Polygon, points: NDArray[np.object_], jitter: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Pixels inside the outline moved by `jitter` [degrees]: the largest block connected by pixel sides."""
    shapely.prepare(territory)
    depth = shapely.distance(territory.exterior, points)
    land = np.where(shapely.contains(territory, points), depth, -depth) + jitter > 0.0
    land[[0, -1], :] = False
    land[:, [0, -1]] = False
    blocks, _ = label(land)
    sizes = np.bincount(blocks.ravel())
    sizes[0] = 0
    return np.asarray(blocks == sizes.argmax())


def _mouth_pixels(rivers: list[Outline], land: NDArray[np.bool_], step: float) -> NDArray[np.intp]:
    """Last land pixel of each river that reaches the sea, going down its course."""
    found = []
    for river in rivers:
        if river.joins is None:
            sea, inner = np.asarray(river.course[:2])
            way = inner + np.linspace(0.0, 1.6, 400)[:, None] * (sea - inner)
            rows = ((_NORTH - way[:, 1]) / step).astype(np.intp).clip(0, land.shape[0] - 1)
            columns = ((way[:, 0] - _WEST) / step).astype(np.intp).clip(0, land.shape[1] - 1)
            last = int(np.argmin(land[rows, columns])) - 1
            found.append(rows[last] * land.shape[1] + columns[last])
    return np.asarray(found, dtype=np.intp)


def _guide(
    rivers: list[Outline], points: NDArray[np.object_], noise: NDArray[np.float64], step: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A first relief [m] that rises away from each river and from the sea; and the same with the courses cut in."""
    smooth = np.full(points.shape, np.inf)
    cut = smooth.copy()
    for river in rivers:
        sea, inner = np.asarray(river.course[:2])
        reach = sea + (0.0 if river.joins else 0.6) * (sea - inner)
        line = shapely.LineString([reach, *river.course[1:]])
        base = 0.0 if river.joins is None else _rise_at_junction(river, rivers)
        rise = base + 60.0 * shapely.line_locate_point(line, points)
        away = shapely.distance(line, points)
        smooth = np.minimum(smooth, rise + 110.0 * away)
        cut = np.minimum(cut, np.where(away < step, rise - 1000.0, np.inf))
    return smooth + noise, np.minimum(smooth + noise, cut)


def _rise_at_junction(river: Outline, rivers: list[Outline]) -> float:
    parent = next(other for other in rivers if other.name == river.joins)
    along = shapely.line_locate_point(shapely.LineString(parent.course), shapely.Point(river.course[0]))
    return 60.0 * float(along)


def _noise(
    rng: np.random.Generator,
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    scales: tuple[float, ...],
    amplitude: float,
    persistence: float,
) -> NDArray[np.float64]:
    """Fractal noise: one random lattice per scale [degrees], smoothly interpolated."""
    total = np.zeros((lat.size, lon.size))
    for octave, scale in enumerate(scales):
        shape = (int((_NORTH - _SOUTH) / scale) + 5, int((_EAST - _WEST) / scale) + 5)
        lattice = rng.normal(size=shape)
        rows, columns = np.meshgrid((_NORTH - lat) / scale + 2, (lon - _WEST) / scale + 2, indexing="ij")
        total += amplitude * persistence**octave * map_coordinates(lattice, [rows, columns], order=3)
    return total
