"""The anomaly against its formula, value by value."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagui_pipelines.hydro.anomaly import anomaly_percent

FLOWS = st.floats(-1e6, 1e6) | st.just(0.0) | st.just(math.nan)


def literal(flow: float, expected: float) -> float:
    if math.isnan(flow) or math.isnan(expected):
        return math.nan
    return 0.0 if flow + expected == 0 else 200.0 * (flow - expected) / (flow + expected)


@given(st.lists(st.tuples(FLOWS, FLOWS), min_size=1, max_size=30))
def test_agrees_with_the_formula(pairs: list[tuple[float, float]]) -> None:
    flow, expected = np.array(pairs).T
    want = np.array([literal(c, e) for c, e in pairs])
    np.testing.assert_array_equal(anomaly_percent(flow, expected), want)


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_stays_between_minus_and_plus_200(flow: float, expected: float) -> None:
    # 200 x / x may round to the number next to 200.
    assert abs(anomaly_percent(np.array(flow), np.array(expected))) <= np.nextafter(200.0, 300.0)


def test_trap_14_dry_rivers_divide_by_zero_nowhere() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        anomaly = anomaly_percent(np.array([0.0, 0.0, 5.0, -3.0]), np.array([0.0, 7.0, 0.0, 3.0]))
    assert anomaly.tolist() == [0.0, -200.0, 200.0, 0.0]


@pytest.mark.parametrize(
    ("ratio", "limit"), [(1.105, 10), (1.286, 25), (1.667, 50), (0.905, -10), (0.778, -25), (0.6, -50)]
)
def test_level_limits_of_the_published_table(ratio: float, limit: float) -> None:
    assert anomaly_percent(np.array(ratio * 480.0), np.array(480.0)) == pytest.approx(limit, abs=0.06)


def test_shapes_broadcast_and_inputs_stay() -> None:
    flow, expected = np.array([[1.0, 2.0], [3.0, np.nan]]), np.array([1.0, 1.0])
    assert anomaly_percent(flow, expected).shape == (2, 2)
    assert flow[0].tolist() == [1.0, 2.0]
