"""Whether a day of rain can be what it says it is. Pure; the rules are listed in docs/checks.md."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sagui_pipelines.hydro.limits import areal_rain_limit_mm
from sagui_pipelines.hydro.plausibility import FEWEST_CELLS, constant_value, is_repeated, share_lost

LOST_SHARE: Final = 0.5
"""Share of the cells that may be without rain data, of those that had some the day before."""

WIDESPREAD_SHARE: Final = 0.5
WIDESPREAD_LEAST_MM: Final = 0.5
"""Where it rains on half of the cells, some cell gets more than this [mm]; metres taken for millimetres do not."""

_FEWEST_WET_CELLS = 10

Cells = NDArray[np.float64]


def rain_fault(rain: Cells, before: Cells | None = None, area_km2: float | None = None) -> str | None:
    """Say what makes a day of rain impossible; None when nothing does.

    Args:
        rain: rain [mm/day] per cell, missing = NaN; single values are within physical limits already.
        before: rain of the day before, where it is known.
        area_km2: land of all cells together; without it the mean rain is not judged.
    """
    known = rain[~np.isnan(rain)]
    value = constant_value(rain)
    if value is not None:
        return f"all {known.size} cells have the same rain, {value:g} mm"
    if before is not None and before.shape == rain.shape:
        if is_repeated(before, rain) and (known > 0).sum() >= _FEWEST_WET_CELLS:
            return f"all {known.size} cells have exactly the rain of the day before: a day copied twice"
        lost = share_lost(before, rain)
        if lost > LOST_SHARE:
            return f"{lost:.0%} of the cells that had rain data the day before have none"
    if known.size < FEWEST_CELLS:
        return None
    mean = float(known.mean())
    if area_km2 is not None and mean > areal_rain_limit_mm(area_km2):
        limit = areal_rain_limit_mm(area_km2)
        return f"brings {mean:.0f} mm in the mean of {area_km2:,.0f} km2, and no day {limit:.0f} mm: another unit"
    if (known > 0).mean() >= WIDESPREAD_SHARE and known.max() < WIDESPREAD_LEAST_MM:
        return f"rains on {(known > 0).mean():.0%} of the cells and nowhere more than {known.max():.2g} mm: another unit"
    return None
