"""Alert levels: pure functions shared by every page, endpoint and message that shows a level.

A level that cannot be known is None; it never turns into a class. Flows [m3/s] and rain [mm/day] are compared
unrounded. Source of limits and formula: SAGUI's published rules.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

FORECAST_LEVELS = ("d3", "d2", "d1", "n", "f1", "f2", "f3")
FLOW_LEVELS = ("f3", "f2", "d2", "f1", "n")
RAIN_LEVELS = ("n", "r1", "r2", "r3")
RAIN_LIMITS_MM = (5.0, 20.0, 50.0)
UNKNOWN = "unknown"
ALERT_LEAD = timedelta(days=5)
"""The forecast alert of a station is its level this long after the newest observed day."""


@dataclass(frozen=True)
class Thresholds:
    """Lower bounds of a station's flow classes [m3/s]; None: the station has no such class.

    Attributes:
        drought: below it there is drought.
        low, mid, high: from it on there is low, medium, high flood.
    """

    drought: float | None = None
    low: float | None = None
    mid: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class ForecastSummary:
    """All stations' anomalies on the alert day.

    Attributes:
        code: level of the anomaly farthest from zero; None when no anomaly is known.
        average, lowest, highest: of the known anomalies [%], unrounded.
    """

    code: str | None
    average: float | None
    lowest: float | None
    highest: float | None


def finite(value: float | None) -> float | None:
    """The value, or None when it is missing, NaN or infinite."""
    return value if value is not None and math.isfinite(value) else None


def anomaly_percent(flow: float | None, reference: float | None) -> float | None:
    """Symmetric anomaly 200 (c - e) / (c + e) [%], 0 when c = e = 0.

    None when a value is missing, when the reference is zero or less (every flow would be +200 %), and when flow
    and reference cancel out, where the formula has a pole.
    """
    current, usual = finite(flow), finite(reference)
    if current is None or usual is None:
        return None
    if current == usual == 0:
        return 0.0
    total = current + usual
    if usual <= 0 or total <= 0:
        return None
    return finite(200 * (current - usual) / total)


def forecast_level(anomaly: float | None) -> str | None:
    """Level of an unrounded anomaly [%]: n from -10 to 10, then steps after 25 and 50 on either side."""
    known = finite(anomaly)
    if known is None:
        return None
    rank = sum(abs(known) > limit for limit in (10, 25, 50))
    if rank == 0:
        return "n"
    return f"{'f' if known > 0 else 'd'}{rank}"


def flow_level(flow: float | None, thresholds: Thresholds) -> str | None:
    """Level of an unrounded flow: the class of the highest flood threshold reached, else drought, else n.

    A class without threshold is never given; a station without any threshold has no level.
    """
    current = finite(flow)
    floods = [
        (bound, level)
        for bound, level in (
            (finite(thresholds.high), "f3"),
            (finite(thresholds.mid), "f2"),
            (finite(thresholds.low), "f1"),
        )
        if bound is not None
    ]
    drought = finite(thresholds.drought)
    if current is None or (drought is None and not floods):
        return None
    for bound, level in floods:
        if current >= bound:
            return level
    return "d2" if drought is not None and current < drought else "n"


def rain_level(rain: float | None) -> str | None:
    """Level of an unrounded daily rain [mm]; the highest class has no upper end."""
    known = finite(rain)
    return None if known is None else RAIN_LEVELS[sum(known >= limit for limit in RAIN_LIMITS_MM)]


def alert_day(observed: date | None) -> date | None:
    """Day whose forecast level is a station's alert."""
    return None if observed is None else observed + ALERT_LEAD


def forecast_summary(anomalies: Iterable[float | None]) -> ForecastSummary:
    """Global forecast alert: the level of the highest anomaly if it is farther from zero, else of the lowest.

    Raw values are compared; of two equally far ones the lowest (drought) counts.
    """
    known = [anomaly for anomaly in anomalies if anomaly is not None]
    if not known:
        return ForecastSummary(None, None, None, None)
    lowest, highest = min(known), max(known)
    decisive = highest if abs(highest) > abs(lowest) else lowest
    return ForecastSummary(forecast_level(decisive), sum(known) / len(known), lowest, highest)


def most_serious(levels: Iterable[str | None]) -> str | None:
    """Global flow alert: the first of f3, f2, d2, f1, n that occurs; None when no level is known."""
    present = set(levels)
    return next((level for level in FLOW_LEVELS if level in present), None)


def histogram(levels: Iterable[str | None], keys: Sequence[str]) -> dict[str, int]:
    """Number of each level in the order of `keys`, then of unknown ones under `unknown`."""
    counted = Counter(levels)
    return {key: counted[key] for key in keys} | {UNKNOWN: counted[None]}


def reference_day(day: date) -> int:
    """Day of the year under which a date's reference flow is stored.

    References are matched by month and day: after 29 February of a leap year the number is that of a common year.
    29 February shares day 60 with 1 March.
    """
    number = day.timetuple().tm_yday
    is_leap = date(day.year, 12, 31).timetuple().tm_yday == 366
    return number - 1 if is_leap and number > 60 else number
