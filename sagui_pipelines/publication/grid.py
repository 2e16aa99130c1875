"""Which tiles cover a box. Pure arithmetic of the usual square world (EPSG:3857), y counted from the north."""

from __future__ import annotations

import math
from collections.abc import Iterator

Bounds = tuple[float, float, float, float]
Tile = tuple[int, int, int]


def tiles_over(bounds: Bounds, zooms: range, margin: float = 0.0) -> Iterator[Tile]:
    """Tiles (z, x, y) over a box.

    Args:
        bounds: west, south, east, north [degrees].
        zooms: which zooms.
        margin: how much of a tile to look beyond the box on every side.
    """
    west, south, east, north = bounds
    for zoom in zooms:
        last = 2**zoom - 1
        left, right = (
            min(max(_column(x, zoom) + side, 0), last) for x, side in ((west, -margin), (east, margin))
        )
        top, bottom = (
            min(max(_row(y, zoom) + side, 0), last) for y, side in ((north, -margin), (south, margin))
        )
        for x in range(math.floor(left), math.floor(right) + 1):
            for y in range(math.floor(top), math.floor(bottom) + 1):
                yield zoom, x, y


def _column(longitude: float, zoom: int) -> float:
    return (longitude + 180) / 360 * (1 << zoom)


def _row(latitude: float, zoom: int) -> float:
    return (1 - math.asinh(math.tan(math.radians(latitude))) / math.pi) / 2 * (1 << zoom)
