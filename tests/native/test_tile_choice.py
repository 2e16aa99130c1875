"""The tile that shows the whole basin."""

from __future__ import annotations

import math

import pytest

from tools.native.tiles import covering_tile

_RADIUS_M = 6378137.0


def _metres(longitude: float, latitude: float) -> tuple[float, float]:
    x = math.radians(longitude) * _RADIUS_M
    return x, math.log(math.tan(math.pi / 4 + math.radians(latitude) / 2)) * _RADIUS_M


@pytest.mark.parametrize(
    ("corners", "expected"),
    [
        ((-56.5, 1.9, -51.0, 6.0), 4),
        ((-170.0, -60.0, 170.0, 60.0), 0),
        ((-52.5, 4.5, -52.45, 4.55), 10),
    ],
)
def test_deepest_tile_that_holds_all(corners: tuple[float, ...], expected: int) -> None:
    bounds = (*_metres(*corners[:2]), *_metres(*corners[2:]))
    z, x, y = covering_tile(bounds)
    size = 2 * math.pi * _RADIUS_M / 2**z
    assert x * size - math.pi * _RADIUS_M <= bounds[0] <= bounds[2] <= (x + 1) * size - math.pi * _RADIUS_M
    assert math.pi * _RADIUS_M - (y + 1) * size <= bounds[1] <= bounds[3] <= math.pi * _RADIUS_M - y * size
    assert z == expected
