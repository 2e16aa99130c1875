"""Whether water goes on downstream: the flow of a cell against what enters it from the cells above. Pure."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

LEAST_INFLOW_M3S: Final = 10.0
"""Inflow from which a cell is looked at [m3/s]; below, rain on the cell itself decides."""

LOST_SHARE: Final = 0.3
GAINED_SHARE: Final = 3.0
"""Bounds of the flow of a cell, as a share of what its inflow becomes by the land that joins it."""

TOLERATED_SHARE: Final = 0.02
"""Share of the cells that may break the bounds: flood plains and the sea swallow water."""


def broken_cells(
    flow: NDArray[np.float64], downstream: NDArray[np.int64], drained_km2: NDArray[np.float64]
) -> tuple[NDArray[np.intp], NDArray[np.float64], int]:
    """Find the cells whose flow does not follow from the flow above them.

    Args:
        flow: mean flow over some days [m3/s], (n_cells), missing = NaN.
        downstream: position of the next cell, -1 at an outlet.
        drained_km2: area upstream of each cell, own land included [km2].

    Returns:
        Positions of the broken cells, worst first; flow / expected flow of each; number of cells looked at.
    """
    inflow, upstream_km2 = np.zeros(flow.size), np.zeros(flow.size)
    follows = downstream >= 0
    np.add.at(inflow, downstream[follows], flow[follows])
    np.add.at(upstream_km2, downstream[follows], drained_km2[follows])
    with np.errstate(invalid="ignore", divide="ignore"):
        looked_at = (inflow > LEAST_INFLOW_M3S) & ~np.isnan(flow)
        ratio = flow / (inflow * np.maximum(drained_km2 / upstream_km2, 1.0))
    broken = np.flatnonzero(looked_at & ((ratio < LOST_SHARE) | (ratio > GAINED_SHARE)))
    severity = np.abs(np.log(np.maximum(ratio[broken], 1e-6)))
    worst = broken[np.argsort(-severity)]
    return worst, ratio[worst], int(looked_at.sum())
