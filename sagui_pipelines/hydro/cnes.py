"""CNES julian days: decimal days since 1950-01-01 00:00, the clock of all HYFAA files.

There is no zone and no leap second in them; this platform reads them as UTC.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

EPOCH = np.datetime64("1950-01-01", "D")

_ONE_DAY = np.timedelta64(1, "D")
_EPOCH_UTC = datetime(1950, 1, 1, tzinfo=UTC)
_FARTHEST_JD = 1e7  # beyond any calendar date; keeps the integer cast defined
_WHOLE_DAY_TOLERANCE = 1.0 / 86_400.0  # one second: written values carry float noise of about a microsecond


def to_jd(dates: NDArray[np.datetime64]) -> NDArray[np.float64]:
    """Return CNES julian days [d] of datetime64 values of any unit, same shape; NaT becomes NaN."""
    days: NDArray[np.float64] = (np.asarray(dates) - EPOCH) / _ONE_DAY
    return days


def to_dates(jd: NDArray[Any]) -> NDArray[np.datetime64]:
    """Return whole days as datetime64[D], same shape.

    Args:
        jd: CNES julian days [d], each within one second of midnight.

    Raises:
        ValueError: a value is missing, out of range or not a whole day.
    """
    values = np.asarray(jd, dtype=np.float64)
    if not np.all(np.abs(values) < _FARTHEST_JD):
        wrong = values[~(np.abs(values) < _FARTHEST_JD)]
        raise ValueError(f"{wrong.size} value(s) are no julian day, first {wrong.flat[0]!s}")
    whole = np.rint(values)
    off = np.abs(values - whole) > _WHOLE_DAY_TOLERANCE
    if off.any():
        raise ValueError(f"{int(off.sum())} value(s) are not whole days, first {values[off].flat[0]!s}")
    dates: NDArray[np.datetime64] = EPOCH + whole.astype(np.int64).astype("timedelta64[D]")
    return dates


def to_utc(jd: float) -> datetime:
    """Return one julian day as an aware datetime, its fraction kept to the microsecond.

    Raises:
        ValueError: not a finite number, or outside the years 1 to 9999.
    """
    if not math.isfinite(jd):
        raise ValueError(f"{jd} is no julian day")
    try:
        return _EPOCH_UTC + timedelta(days=float(jd))
    except OverflowError as error:
        raise ValueError(f"{jd} is outside the calendar") from error
