"""What must hold between two copies of one file: days that HYFAA did not compute again have not changed."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sagui_pipelines.errors import CellsChanged, SourceInvalid
from sagui_pipelines.hydro.plausibility import FEWEST_CELLS
from sagui_pipelines.hyfaa.mesh import Mesh
from sagui_pipelines.hyfaa.portal import Portal

COMPARED_DAYS: Final = 30
"""Days before the first one computed anew that are compared value by value."""

_FARTHEST_SHIFT = 5
_LEAST_DAYS = 5
_SAME_PLACE_DEG = 0.01  # coordinates are single precision; a cell is some 10 km wide
_ROUNDING = 0.0015
_MOST = 0.9

Block = NDArray[np.float64]


def check_place(portal: Portal, longitude: Block, latitude: Block, other: str) -> None:
    """Refuse a file whose cells lie elsewhere than those it is compared with.

    Args:
        portal: the open copy.
        longitude, latitude: where the cells must lie [degrees]; NaN fits everything.
        other: what they are taken from, for the message.

    Raises:
        CellsChanged: a cell lies more than 0.01 degrees away: another order of cells, or another mesh.
    """
    with np.errstate(invalid="ignore"):
        away = (np.abs(portal.longitude - longitude) > _SAME_PLACE_DEG) | (
            np.abs(portal.latitude - latitude) > _SAME_PLACE_DEG
        )
    if away.any():
        raise CellsChanged(
            portal.source,
            f"has {int(away.sum())} of {portal.n_cells} cells elsewhere than {other}, the first cell "
            f"{int(away.argmax()) + 1}",
            "Model, mesh and files must belong together; an order of cells cannot be told from the values.",
        )


def check_mesh(portal: Portal, mesh: Mesh) -> None:
    """Refuse a file that was not computed on a mesh.

    Raises:
        CellsChanged: another number of cells, or cells elsewhere.
    """
    if portal.n_cells != mesh.n_cells:
        raise CellsChanged(
            portal.source,
            f"has {portal.n_cells} cells, and {mesh.source} has {mesh.n_cells}",
            "Put the static data back that the model ran with.",
        )
    check_place(portal, mesh.longitude, mesh.latitude, str(mesh.source))


def check_continues(portal: Portal, earlier: Portal, first: int) -> None:
    """Refuse a file that contradicts its former copy.

    Args:
        portal: the new copy.
        earlier: the one before, with as many cells.
        first: first row of the new copy that was computed since.

    Raises:
        CellsChanged: the cells lie elsewhere.
        SourceInvalid: days are labelled anew, or values changed that HYFAA did not compute again.
    """
    check_place(portal, earlier.longitude, earlier.latitude, "the copy before")
    accept = "Run HYFAA's postprocessing again; to accept it on purpose, delete current.json beside the copy."
    shift = _label_shift(portal, earlier) or _value_shift(portal, earlier)
    if shift:
        fact = f"its days are labelled {abs(shift)} day(s) {'later' if shift > 0 else 'earlier'} than in the copy before"
        raise SourceInvalid(portal.source, fact, accept)
    start = max(0, first - COMPARED_DAYS)
    if start == first:
        return
    then, now = (file.read("flow_mean", start, first) for file in (earlier, portal))
    difference = explain(then, now)
    if difference:
        day, cell = np.argwhere(_differ(then, now))[0]
        fact = f"changed days that HYFAA did not compute again, the first {portal.dates[start + day]} in cell {cell + 1}"
        raise SourceInvalid(portal.source, f"{fact}: {difference}", accept)


def explain(then: Block, now: Block) -> str:
    """What was done to a block of values, (n_days, n_cells), that should be the same; empty when it is."""
    differ = _differ(then, now)
    if not differ.any():
        return ""
    both = ~np.isnan(then) & ~np.isnan(now) & (np.abs(then) > 1)
    if (np.isnan(now) & ~np.isnan(then)).sum() > differ.sum() / 2:
        return f"{int((np.isnan(now) & ~np.isnan(then)).sum())} values are missing now"
    with np.errstate(invalid="ignore", divide="ignore"):
        factor = np.median(now[both] / then[both]) if both.any() else np.nan
    if (
        np.isfinite(factor)
        and not _differ(then[both] * factor, now[both], abs(factor) * _ROUNDING + _ROUNDING).any()
    ):
        return f"all values are multiplied by {factor:.4g}"
    if not _differ(np.sort(then, axis=1), np.sort(now, axis=1)).any():
        return "the same values stand in other cells"
    return f"{int(differ.sum())} of {differ.size} values differ"


def _differ(then: Block, now: Block, tolerance: float = _ROUNDING) -> NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):
        changed: NDArray[np.bool_] = np.abs(then - now) > tolerance
    changed |= np.isnan(then) != np.isnan(now)
    return changed


def _label_shift(portal: Portal, earlier: Portal) -> int:
    """Days by which the same computations carry later dates now; 0 when they do not, or nothing tells them apart."""
    then, now = earlier.time_added_jd, portal.time_added_jd
    if np.unique(then).size < then.size:
        return 0
    _, one, other = np.intersect1d(then, now, return_indices=True)
    if one.size < _LEAST_DAYS:
        return 0
    moved = (portal.dates[other] - earlier.dates[one]).astype(int)
    return int(moved[0]) if (moved == moved[0]).all() else 0


def _value_shift(portal: Portal, earlier: Portal) -> int:
    """Days by which the same fields carry later dates now, whenever they were computed; 0 when they do not."""
    window = earlier.dates[-min(COMPARED_DAYS, earlier.dates.size) :]
    rows = np.flatnonzero(np.isin(portal.dates, window))
    if rows.size < _LEAST_DAYS or portal.n_cells < FEWEST_CELLS:
        return 0
    first = int(np.searchsorted(earlier.dates, window[0]))
    then = dict(zip(window.tolist(), earlier.read("flow_mean", first, earlier.dates.size), strict=True))
    values = portal.read("flow_mean", int(rows[0]), int(rows[-1]) + 1)
    now = dict(zip(portal.dates[rows[0] : rows[-1] + 1].tolist(), values, strict=True))
    if _share_equal(then, now, 0) > 1 - _MOST:
        return 0
    shifts = [shift for shift in range(-_FARTHEST_SHIFT, _FARTHEST_SHIFT + 1) if shift]
    best = max(shifts, key=lambda shift: _share_equal(then, now, shift))
    return best if _share_equal(then, now, best) > _MOST else 0


def _share_equal(then: dict[object, Block], now: dict[object, Block], shift: int) -> float:
    """Share of the days whose field stands in the new file so many days later."""
    moved = np.timedelta64(shift, "D")
    pairs = [
        (field, now[day])
        for day, field in ((_later(day, moved), field) for day, field in then.items())
        if day in now
    ]
    equal = [
        not _differ(one, other).any()
        and int((~np.isnan(one)).sum()) >= FEWEST_CELLS
        and np.nanmin(one) != np.nanmax(one)
        for one, other in pairs
    ]
    return float(np.mean(equal)) if len(equal) >= _LEAST_DAYS else 0.0


def _later(day: object, by: np.timedelta64) -> object:
    return (np.datetime64(str(day)) + by).item()
