"""What is certainly wrong in the values of a cell never reaches a table."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sagui_pipelines.hydro.plausibility import impossible_spread

_QUANTITIES = ("elevation", "flow")
_STATISTICS = ("mean", "median", "stddev", "mad")


def blot_out(values: Mapping[str, NDArray[np.float64]]) -> int:
    """Make missing, in place, the statistics of every cell and quantity that contradict one another.

    Args:
        values: columns of a series by name (`flow_mean`, ...), of one shape; quantities without all four statistics are
            left alone.

    Returns:
        Number of cells and days blotted out, for both quantities together.
    """
    count = 0
    for quantity in _QUANTITIES:
        names = [f"{quantity}_{statistic}" for statistic in _STATISTICS]
        if not set(names) <= values.keys():
            continue
        mean, median, std, mad = (values[name] for name in names)
        wrong = impossible_spread(mean, median, std, mad) | (np.isnan(median) & ~np.isnan(mean))
        if wrong.any():
            count += int(wrong.sum())
            for name in names:
                values[name][wrong] = np.nan
    return count
