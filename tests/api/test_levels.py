"""Alert levels: limits, unknown values, and the faults of the former rules."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagui_backend.api.levels import (
    FLOW_LEVELS,
    FORECAST_LEVELS,
    RAIN_LEVELS,
    Thresholds,
    alert_day,
    anomaly_percent,
    flow_level,
    forecast_level,
    forecast_summary,
    histogram,
    most_serious,
    rain_level,
    reference_day,
)
from sagui_pipelines.hydro.anomaly import anomaly_percent as array_anomaly

ALL = Thresholds(10, 100, 200, 300)
NAN, INFINITE = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("anomaly", "level"),
    [
        (-50.001, "d3"), (-50, "d2"), (-25.001, "d2"), (-25, "d1"), (-10.001, "d1"), (-10, "n"), (0, "n"),
        (10, "n"), (10.001, "f1"), (25, "f1"), (25.001, "f2"), (50, "f2"), (50.001, "f3"), (200, "f3"),
    ],
)  # fmt: skip
def test_forecast_level_at_each_limit(anomaly: float, level: str) -> None:
    assert forecast_level(anomaly) == level


@pytest.mark.parametrize(
    ("flow", "level"),
    [
        (9.99, "d2"),
        (10, "n"),
        (99.99, "n"),
        (100, "f1"),
        (200, "f2"),
        (299.9, "f2"),
        (300, "f3"),
        (9e9, "f3"),
    ],
)
def test_flow_level_at_each_threshold(flow: float, level: str) -> None:
    assert flow_level(flow, ALL) == level


@pytest.mark.parametrize(
    ("thresholds", "flow", "level"),
    [
        (Thresholds(10, 100, 200, None), 5000, "f2"),
        (Thresholds(10, 100, None, None), 5000, "f1"),
        (Thresholds(10, None, None, None), 5000, "n"),
        (Thresholds(None, 100, 200, 300), 0, "n"),
        (Thresholds(10, None, 200, None), 150, "n"),
        (Thresholds(10, None, 200, None), 200, "f2"),
        (Thresholds(), 5000, None),
    ],
)
def test_fault_01_absent_threshold_emits_no_class(
    thresholds: Thresholds, flow: float, level: str | None
) -> None:
    assert flow_level(flow, thresholds) == level


@given(
    flow=st.floats(-10, 1e6),
    drought=st.none() | st.just(10.0),
    low=st.none() | st.just(100.0),
    mid=st.none() | st.just(200.0),
    high=st.none() | st.just(300.0),
)
def test_fault_01_holds_for_every_combination(
    flow: float, drought: float | None, low: float | None, mid: float | None, high: float | None
) -> None:
    level = flow_level(flow, Thresholds(drought, low, mid, high))
    allowed = {"d2": drought, "f1": low, "f2": mid, "f3": high}
    assert level in {None, "n"} or allowed[level] is not None


@pytest.mark.parametrize("reference", [None, NAN])
def test_fault_02_missing_reference_is_unknown_not_normal(reference: float | None) -> None:
    assert forecast_level(anomaly_percent(12, reference)) is None


@pytest.mark.parametrize("value", [NAN, INFINITE, -INFINITE, None])
def test_fault_03_nan_is_unknown_not_the_highest_class(value: float | None) -> None:
    assert forecast_level(value) is None
    assert flow_level(value, ALL) is None
    assert rain_level(value) is None
    assert anomaly_percent(value, 10) is None


def test_fault_05_reference_of_zero_gives_no_permanent_flood() -> None:
    assert anomaly_percent(3, 0) is None
    assert anomaly_percent(0, 0) == 0


@pytest.mark.parametrize(("flow", "reference"), [(5, -1), (-5, 5), (-9, 5), (-1, -1)])
def test_fault_07_negative_values_never_turn_the_sign(flow: float, reference: float) -> None:
    assert anomaly_percent(flow, reference) is None


def test_negative_flow_below_the_reference_is_drought() -> None:
    assert forecast_level(anomaly_percent(-1, 5)) == "d3"


def test_fault_08_anomaly_uses_full_precision() -> None:
    # Rounded, 7.4 against 6.6 is 7 against 7: normal.
    assert forecast_level(anomaly_percent(7.4, 6.6)) == "f1"


@given(st.floats(0, 1e6), st.floats(0.001, 1e6))
def test_fault_13_one_formula_in_stations_and_tiles(flow: float, reference: float) -> None:
    expected = array_anomaly(np.array([flow]), np.array([reference]))[0]
    assert anomaly_percent(flow, reference) == pytest.approx(expected)


def test_fault_09_alert_day_is_a_date() -> None:
    assert alert_day(date(2026, 2, 26)) == date(2026, 3, 3)
    assert alert_day(None) is None


@pytest.mark.parametrize(
    ("rain", "level"), [(0, "n"), (5, "r1"), (20, "r2"), (49.99, "r2"), (50, "r3"), (800, "r3")]
)
def test_fault_15_highest_rain_class_is_open(rain: float, level: str) -> None:
    assert rain_level(rain) == level


@pytest.mark.parametrize(("rain", "level"), [(4.9, "n"), (19.9, "r1"), (49.9, "r2")])
def test_fault_16_rain_is_classified_unrounded(rain: float, level: str) -> None:
    assert rain_level(rain) == level


def test_fault_23_unknown_is_counted_and_has_no_precedence() -> None:
    assert most_serious([None, "n", None]) == "n"
    assert most_serious([None]) is None
    assert histogram([None, "n", None], FLOW_LEVELS) == {
        "f3": 0,
        "f2": 0,
        "d2": 0,
        "f1": 0,
        "n": 1,
        "unknown": 2,
    }


@pytest.mark.parametrize(
    ("levels", "code"),
    [(["n", "f1", "d2"], "d2"), (["f2", "d2"], "f2"), (["f1", "n"], "f1"), (["f3", "f2"], "f3")],
)
def test_most_serious_follows_the_contract(levels: list[str], code: str) -> None:
    assert most_serious(levels) == code


@pytest.mark.parametrize(
    ("day", "number"),
    [
        (date(2025, 2, 28), 59), (date(2025, 3, 1), 60), (date(2025, 12, 31), 365),
        (date(2024, 2, 28), 59), (date(2024, 2, 29), 60), (date(2024, 3, 1), 60), (date(2024, 12, 31), 365),
    ],
)  # fmt: skip
def test_fault_27_references_match_month_and_day(day: date, number: int) -> None:
    assert reference_day(day) == number


def test_fault_28_extremes_are_compared_unrounded() -> None:
    assert forecast_summary([-49.6, 50.4]).code == "f3"
    assert forecast_summary([-50.4, 49.6]).code == "d3"


def test_fault_28_of_equally_far_extremes_drought_counts() -> None:
    assert forecast_summary([-30, 30]).code == "d2"


def test_summary_of_nothing_is_unknown() -> None:
    summary = forecast_summary([None, None])
    assert (summary.code, summary.average, summary.lowest, summary.highest) == (None, None, None, None)


def test_key_orders_of_the_contract() -> None:
    assert list(histogram([], FORECAST_LEVELS)) == ["d3", "d2", "d1", "n", "f1", "f2", "f3", "unknown"]
    assert list(histogram([], FLOW_LEVELS)) == ["f3", "f2", "d2", "f1", "n", "unknown"]
    assert list(histogram([], RAIN_LEVELS)) == ["n", "r1", "r2", "r3", "unknown"]
