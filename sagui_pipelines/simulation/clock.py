"""The clock of the simulated operation: a run for day T happens on the morning of T, whatever the wall clock says."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_EPOCH = np.datetime64("1950-01-01")
_DAY_MS = 86_400_000
_SECONDS_PER_MODEL_DAY = 0.6


def created(run_day: np.datetime64, hour: float) -> str:
    """`date_created` of a file written on the morning of a run."""
    return str(run_day.astype("datetime64[s]") + np.timedelta64(round(hour * 3600), "s"))


def added_jd(run_day: np.datetime64, hour: float, model_days: int) -> NDArray[np.float64]:
    """When the states of a run were stored, one after the other, to the millisecond [days since 1950]."""
    whole = int((run_day - _EPOCH).astype(int)) * _DAY_MS + round(hour * 3_600_000)
    moments = whole + np.rint(np.arange(1, model_days + 1) * _SECONDS_PER_MODEL_DAY * 1000)
    return np.asarray(moments / _DAY_MS, dtype=np.float64)
