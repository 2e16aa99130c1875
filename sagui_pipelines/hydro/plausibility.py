"""Whether a day's field can be what it says it is, next to the day before: pure arithmetic on arrays of cells.

Rivers have a memory, and large ones are large every day: from one day to the next the order of the cells by flow hardly
changes. What breaks that is not weather but a mistake: another unit, another order of cells, a day copied twice.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Cells = NDArray[np.float64]

FEWEST_CELLS: Final = 50
"""Below this number of cells with a value, statistics over cells say nothing and are not asked."""

_MAD_PER_STD = 2.0 / 0.67449
_ROUNDING = 0.0021  # up to four statistics rounded to 3 decimals
_RELATIVE = 1e-9
_SAMPLE_CELLS = 2000  # for a correlation, more cells tell nothing new
_FACTOR_LOG10 = 1.5  # a factor of 31.6
_FACTOR_SPREAD_LOG10 = 0.3


def impossible_spread(mean: Cells, median: Cells, std: Cells, mad: Cells) -> NDArray[np.bool_]:
    """Return where the four statistics cannot come from one set of numbers.

    Mean and median of any set differ by no more than its standard deviation (Hotelling and Solomons 1932), and the median
    absolute deviation is no more than twice the standard deviation. Both follow from the definitions, whatever the
    distribution. NaN fits everything.

    Args:
        mean, median: of the members, any unit.
        std: population standard deviation, same unit.
        mad: median absolute deviation / 0.67449, same unit.
    """
    slack = _ROUNDING + _RELATIVE * np.abs(mean)
    with np.errstate(invalid="ignore"):
        wrong: NDArray[np.bool_] = (std < 0) | (mad < 0) | (np.abs(mean - median) > std + slack)
        wrong |= mad > _MAD_PER_STD * std + slack * _MAD_PER_STD
    return wrong


def both(before: Cells, now: Cells) -> NDArray[np.bool_]:
    """Cells that have a value in both fields."""
    known: NDArray[np.bool_] = ~(np.isnan(before) | np.isnan(now))
    return known


def constant_value(field: Cells) -> float | None:
    """The one value of all cells, when there is only one and it is not 0."""
    known = field[~np.isnan(field)]
    if known.size < FEWEST_CELLS or known[0] == 0.0 or (known != known[0]).any():
        return None
    return float(known[0])


def share_lost(before: Cells, now: Cells) -> float:
    """Share of the cells with a value before that have none now; 0 when too few had one."""
    had = ~np.isnan(before)
    return float(np.isnan(now[had]).mean()) if had.sum() >= FEWEST_CELLS else 0.0


def share_dried(before: Cells, now: Cells) -> float:
    """Share of the cells with flow before that are exactly dry now; 0 when too few had flow."""
    flowing = both(before, now) & (before > 0)
    return float((now[flowing] == 0).mean()) if flowing.sum() >= FEWEST_CELLS else 0.0


def is_repeated(before: Cells, now: Cells) -> bool:
    """Whether every cell has exactly its value of the day before, in a field that varies from cell to cell."""
    known = both(before, now)
    if known.sum() < FEWEST_CELLS or not np.array_equal(before[known], now[known]):
        return False
    return bool((now[known] != now[known][0]).any())


def common_factor(before: Cells, now: Cells) -> float | None:
    """The factor by which all large values changed alike, when it is so large that only a change of unit explains it.

    The upper quarter of the cells is looked at: large rivers change slowly. Factors of at least 32, or 1/32, that are the
    same within a factor of 2 for the middle half of these cells count: 35 is cubic feet, 1,000 is litres.
    """
    known = both(before, now)
    if known.sum() < FEWEST_CELLS:
        return None
    large = known & (before > 0) & (now > 0)
    large &= before >= np.quantile(before[known], 0.75)
    if large.sum() < FEWEST_CELLS // 5:
        return None
    change = np.log10(now[large] / before[large])
    lower, middle, upper = np.quantile(change, [0.25, 0.5, 0.75])
    if abs(middle) < _FACTOR_LOG10 or upper - lower > _FACTOR_SPREAD_LOG10:
        return None
    return float(10.0**middle)


def rank_correlation(before: Cells, now: Cells) -> float | None:
    """Spearman's correlation over the cells; None with too few cells, or where one field does not vary."""
    known = np.flatnonzero(both(before, now))
    if known.size < FEWEST_CELLS:
        return None
    known = known[:: max(1, known.size // _SAMPLE_CELLS)]
    one, other = (pd.Series(field[known]).rank().to_numpy() for field in (before, now))
    one, other = one - one.mean(), other - other.mean()
    size = float(np.sqrt((one @ one) * (other @ other)))
    return float(one @ other) / size if size else None
