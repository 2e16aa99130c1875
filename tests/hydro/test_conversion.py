"""Formulas between the flows of the model and those of a gauge."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagui_pipelines.hydro.conversion import PATTERN, Conversion, parse_conversion


@pytest.mark.parametrize(
    ("text", "conversion"),
    [
        (None, Conversion()), ("", Conversion()), ("f", Conversion()), ("f / 1.5 - 200", Conversion(1 / 1.5, 1, -200)),
        ("f ** 0.93 - 200", Conversion(1, 0.93, -200)), ("f^0.93-200", Conversion(1, 0.93, -200)),
        ("f ** 0.91 + 50", Conversion(1, 0.91, 50)), ("f ** 0.9 * 2 + 3", Conversion(2, 0.9, 3)),
    ],
)  # fmt: skip
def test_formulas_of_the_station_list(text: str | None, conversion: Conversion) -> None:
    assert parse_conversion(text) == conversion


@pytest.mark.parametrize(
    "text",
    [
        "g", "2", "f - f", "f ** 0", "f * 0", "f / 0", "f ** -1", "f + 1e3", "(f)", "f()", "__import__('os')", "f ** 2 ** 2",
        "f\n", " f", "f + 1; f", "f" + " + 1" * 20, "f ** ٣",
    ],
)  # fmt: skip
def test_fault_109_anything_else_is_refused_and_nothing_is_evaluated(text: str) -> None:
    with pytest.raises(ValueError, match="f"):
        parse_conversion(text)


@given(
    flow=st.floats(0.1, 5000),
    factor=st.floats(0.1, 10),
    exponent=st.floats(0.5, 2),
    offset=st.floats(-300, 300),
)
def test_fault_006_the_way_back_ends_where_the_way_began(
    flow: float, factor: float, exponent: float, offset: float
) -> None:
    conversion = Conversion(factor, exponent, offset)
    converted = max(factor * flow**exponent + offset, 0)
    back = conversion.model_flow(converted)
    if converted == 0:
        assert back is None
    else:
        assert back == pytest.approx(flow, rel=1e-6, abs=1e-4)


def test_fault_007_what_was_cut_off_at_zero_is_unknown_not_small() -> None:
    assert parse_conversion("f ** 0.95 - 300").model_flow(0) is None
    assert parse_conversion("f ** 0.95").model_flow(0) == 0
    assert parse_conversion("f ** 0.91 + 50").model_flow(49) is None


def test_the_pattern_is_one_that_databases_understand() -> None:
    assert re.search(r"\\[^d.*^]|\(\?[^:]", PATTERN) is None
