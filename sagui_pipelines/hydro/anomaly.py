"""How far a flow is from the usual flow of its season."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def anomaly_percent(flow: NDArray[Any], expected: NDArray[Any]) -> NDArray[np.float64]:
    """Return the symmetric relative anomaly [%].

    200 (c - e) / (c + e), and 0 where c + e is exactly 0; -200 to 200 for non-negative inputs.
    Source: SAGUI's published formula (backend migration 0041).

    Args:
        flow: flow c [m3/s].
        expected: usual flow e [m3/s], of a shape that broadcasts with `flow`.

    Returns:
        float64 of the broadcast shape; NaN where an input is NaN.
    """
    current = np.asarray(flow, dtype=np.float64)
    usual = np.asarray(expected, dtype=np.float64)
    total = current + usual
    anomaly = np.zeros(total.shape, dtype=np.float64)
    np.divide(200.0 * (current - usual), total, out=anomaly, where=total != 0.0)
    return anomaly
