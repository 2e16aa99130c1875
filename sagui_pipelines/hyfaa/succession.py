"""What must hold from one day to the next: rivers have a memory. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sagui_pipelines.hydro.plausibility import (
    FEWEST_CELLS,
    both,
    common_factor,
    is_repeated,
    rank_correlation,
    share_dried,
    share_lost,
)

SETTLED_DAYS: Final = 30
"""Days after which a series is no longer running in from an empty start, when anything may happen."""

LOST_SHARE: Final = 0.5
DRIED_SHARE: Final = 0.9
LEAST_CORRELATION: Final = 0.5
"""Spearman's correlation of two consecutive days; real basins stay above 0.97, those with assimilation above 0.98."""

LEVEL_STEP_M: Final = 20.0
"""Change of level within a day in the median of all cells [m]; real basins stay below 1.1."""


@dataclass(frozen=True)
class Reference:
    """One day of a series.

    Attributes:
        flow: mean flow [m3/s], float64 (n_cells), NaN where missing.
        level: mean water level [m], float64 (n_cells); None when the series has none.
        days: good days of the series up to this one.
    """

    flow: NDArray[np.float64]
    level: NDArray[np.float64] | None
    days: int


def break_with(before: Reference | None, now: Reference) -> str | None:
    """Say what makes it impossible that one day follows the other; None when nothing does."""
    if before is None:
        return None
    found = _same_or_gone(before.flow, now.flow)
    if found is None and before.days >= SETTLED_DAYS:
        found = _another_scale(before.flow, now.flow) or _another_order(before.flow, now.flow)
        found = found or _another_datum(before.level, now.level)
    return found


def _same_or_gone(before: NDArray[np.float64], now: NDArray[np.float64]) -> str | None:
    if is_repeated(before, now):
        return f"all {int(both(before, now).sum())} cells have exactly the flow of the day before: a day copied twice"
    lost = share_lost(before, now)
    if lost > LOST_SHARE:
        return f"{lost:.0%} of the cells that had a flow the day before have none"
    return None


def _another_scale(before: NDArray[np.float64], now: NDArray[np.float64]) -> str | None:
    dried = share_dried(before, now)
    if dried > DRIED_SHARE:
        return f"{dried:.0%} of the rivers are exactly dry that were not the day before"
    factor = common_factor(before, now)
    if factor is not None:
        return f"all large rivers carry {factor:.3g} times the flow of the day before: another unit"
    return None


def _another_order(before: NDArray[np.float64], now: NDArray[np.float64]) -> str | None:
    correlation = rank_correlation(before, now)
    if correlation is not None and correlation < LEAST_CORRELATION:
        return (
            f"large and small rivers are not where they were the day before (rank correlation {correlation:.2f}): "
            "another order of cells"
        )
    return None


def _another_datum(before: NDArray[np.float64] | None, now: NDArray[np.float64] | None) -> str | None:
    if before is None or now is None:
        return None
    known = both(before, now)
    if known.sum() < FEWEST_CELLS:
        return None
    step = float(np.median(np.abs(now[known] - before[known])))
    if step > LEVEL_STEP_M:
        return (
            f"water levels moved by {step:.0f} m in a day in the median of all cells: another unit or datum"
        )
    return None
