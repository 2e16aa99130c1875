"""A value survives its 16 bits within the promised error, or is missing; never a wrong number."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagui_pipelines.publication.encoding import MISSING, Linear, SignedLog, from_bytes, to_bytes

LOG, PERCENT = SignedLog(), Linear()
finite = st.floats(allow_nan=False, allow_infinity=False, width=64)


def through(encoding: SignedLog | Linear, value: float) -> float:
    """The value a client sees."""
    return float(encoding.decode(from_bytes(to_bytes(encoding.encode(np.array([value])))))[0])


@given(st.floats(LOG.minimum, LOG.largest), st.sampled_from([1, -1]))
def test_relative_error_of_flows_is_below_a_thousandth(amount: float, sign: int) -> None:
    seen = through(LOG, sign * amount)
    assert abs(seen - sign * amount) <= LOG.relative_error * amount * (1 + 1e-9)
    assert LOG.relative_error < 1e-3


@given(st.floats(-LOG.minimum, LOG.minimum))
def test_tiny_flows_are_off_by_half_the_smallest_step(amount: float) -> None:
    assert abs(through(LOG, amount) - amount) <= LOG.minimum / 2 * (1 + 1e-9)


@given(finite)
def test_flow_is_near_or_missing(value: float) -> None:
    seen = through(LOG, value)
    if abs(value) > LOG.largest * (1 + LOG.relative_error):
        assert math.isnan(seen)
    elif abs(value) <= LOG.largest:
        assert abs(seen - value) <= max(LOG.relative_error * abs(value), LOG.minimum / 2) * (1 + 1e-9)


@given(finite, finite)
def test_larger_flows_never_look_smaller(one: float, two: float) -> None:
    low, high = sorted((one, two))
    seen = through(LOG, low), through(LOG, high)
    assert any(map(math.isnan, seen)) or seen[0] <= seen[1]


@given(st.floats(-PERCENT.largest, PERCENT.largest))
def test_anomaly_is_off_by_half_a_hundredth(value: float) -> None:
    assert abs(through(PERCENT, value) - value) <= PERCENT.scale / 2 * (1 + 1e-6)


@pytest.mark.parametrize("encoding", [LOG, PERCENT])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e300])
def test_what_is_no_amount_is_missing(encoding: SignedLog | Linear, value: float) -> None:
    assert encoding.encode(np.array([value])).tolist() == [MISSING]


def test_zero_is_zero_and_a_worked_example() -> None:
    assert LOG.encode(np.array([0.0, 0.001, 812.4, -812.4])).tolist() == [0, 1, 19441, -19441]
    assert through(LOG, 812.4) == pytest.approx(812.4, rel=3.6e-4)
    assert through(LOG, 0.0) == 0.0
    assert to_bytes(np.array([1, MISSING], np.int16)) == b"\x01\x00\x00\x80"


def test_description_is_enough_to_decode() -> None:
    told = LOG.describe()
    code = int(LOG.encode(np.array([2500.0]))[0])
    assert told["minimum"] * math.exp(told["step"] * (code - 1)) == pytest.approx(
        2500, rel=told["relative_error"]
    )
    told = PERCENT.describe()
    assert PERCENT.encode(np.array([-12.34]))[0] * told["scale"] == pytest.approx(
        -12.34, abs=told["absolute_error"]
    )
