"""What no rain, river or water level on Earth exceeds. A value beyond is an error, whatever the weather was."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

RAIN_LIMIT_MM: Final = 2000.0
"""Rain of one day at one place [mm]. Record: 1,825 mm in 24 h, Foc-Foc, La Réunion, January 1966 (WMO Weather and
Climate Extremes Archive)."""

FLOW_LIMIT_M3S: Final = 1e6
"""Discharge of any river, in absolute value [m3/s]. Record: the Amazon at Óbidos in 1953, 3.7e5 m3/s (Herschy 2003,
World Catalogue of Maximum Observed Floods, IAHS Publication 284)."""

LEVEL_LIMITS_M: Final = (-500.0, 9000.0)
"""Water level above the sea [m]: the lowest land, at the Dead Sea, lies near -440 m, the highest at 8,849 m."""

RIVER_WIDTH_LIMIT_M: Final = 60_000.0
"""Width of a river [m]: the Amazon in flood spreads over some 45 km."""

RIVER_DEPTH_LIMIT_M: Final = 500.0
"""Depth of a river [m]: the deepest sounding is some 220 m, in the lower Congo."""

RUNOFF_LIMIT_MM: Final = 300.0
"""Runoff of one day in the median of a basin's cells [mm]: half a basin never sheds more than the wettest day known
over such an area brings, some 245 mm over 50,000 km2 (depth-area-duration maxima in WMO-No. 1045, PMP manual)."""

MM_KM2_PER_M3S: Final = 86.4
"""Runoff [mm/day] of 1 m3/s from 1 km2."""

_CLOUDBURST_M3S_KM2 = 121.0  # 305 mm in 42 minutes, Holt, Missouri, 1947
_POINT_AREA_KM2 = 1000.0


def flow_limit_m3s(drained_km2: NDArray[Any] | float) -> NDArray[np.float64]:
    """Return what the river of a catchment of this size never carries [m3/s].

    Twice the flood of Francou and Rodier's coefficient K = 7, 1e6 (A / 1e8)^(1 - K/10): the largest observed is 6.8, of
    the Amazon in 1953, most extreme floods lie below 6.5 (Francou and Rodier 1967; Rodier and Roche 1984, IAHS
    Publication 143). Small catchments: never more than the most violent cloudburst known over the whole area.

    Args:
        drained_km2: area upstream, own cell included [km2].
    """
    area = np.asarray(drained_km2, dtype=np.float64)
    envelope = 2e6 * (area / 1e8) ** 0.3
    return np.asarray(np.minimum(envelope, _CLOUDBURST_M3S_KM2 * area))


def areal_rain_limit_mm(area_km2: float) -> float:
    """Return the mean rain over an area that no day exceeds [mm].

    About twice the largest 24-hour depths observed: 394 mm over 13,000 km2, 245 mm over 52,000 km2, 109 mm over
    260,000 km2 (depth-area-duration maxima in WMO-No. 1045, PMP manual); the record at a point below 1,000 km2.

    Args:
        area_km2: the area [km2].
    """
    return float(RAIN_LIMIT_MM * max(area_km2 / _POINT_AREA_KM2, 1.0) ** -0.4)
