"""Which tiles cover a box."""

from __future__ import annotations

from sagui_pipelines.publication.grid import tiles_over

GUIANA = (-56.5, 1.9, -51.0, 6.0)


def test_low_zooms() -> None:
    assert list(tiles_over(GUIANA, range(2))) == [(0, 0, 0), (1, 0, 0)]
    assert list(tiles_over(GUIANA, range(5, 6))) == [(5, 10, 15), (5, 11, 15)]


def test_margin_takes_in_neighbours_and_the_world_ends() -> None:
    assert (6, 23, 30) in set(tiles_over((-50.7, 2, -50.7, 5.6), range(6, 7), margin=1 / 16))
    assert (6, 23, 30) not in set(tiles_over((-50.7, 2, -50.7, 5.6), range(6, 7)))
    assert set(tiles_over((-180, -85.06, 180, 85.06), range(1, 2), margin=1)) == {
        (1, 0, 0), (1, 0, 1), (1, 1, 0), (1, 1, 1),
    }  # fmt: skip
