"""The floating median against a slow, literal reading of its definition."""

from __future__ import annotations

import math
import statistics
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sagui_pipelines.hydro import floating_median as fm


def literal_candidates(dates: list[date], day: date, window: int) -> list[int]:
    around = {(day + timedelta(days=k)).timetuple().tm_yday for k in range(-window, window + 1)}
    limit = day - timedelta(days=window)
    return [i for i, d in enumerate(dates) if d < limit and d.timetuple().tm_yday in around]


def literal_median(values: list[float]) -> float:
    present = [value for value in values if not math.isnan(value)]
    return statistics.median(present) if present else math.nan


class Rows:
    """A history in memory that remembers what was asked of it."""

    def __init__(self, values: NDArray[np.float64]) -> None:
        self.values = values
        self.largest = 0

    def rows(self, indexes: NDArray[np.intp]) -> NDArray[np.float64]:
        assert (np.diff(indexes) > 0).all()
        self.largest = max(self.largest, indexes.size)
        return self.values[indexes]


@st.composite
def series(draw: st.DrawFn) -> list[date]:
    """Days around year ends and 29 February, with gaps, over several years."""
    first = draw(st.integers(1998, 2023))
    days: set[date] = set()
    for year in range(first, first + draw(st.integers(1, 5))):
        for start in (date(year, 1, 1), date(year, 2, 20), date(year, 12, 15)):
            length = draw(st.integers(0, 25))
            days |= {start + timedelta(days=k) for k in range(length)}
    gaps = draw(st.sets(st.sampled_from(sorted(days)))) if days else set()
    return sorted(days - gaps)


SPECIAL_DAYS = st.builds(
    lambda year, anchor, shift: date(year, *anchor) + timedelta(days=shift),
    st.integers(1999, 2029),
    st.sampled_from([(1, 1), (2, 28), (3, 1), (12, 31), (7, 1)]),
    st.integers(-15, 15),
)


@given(series(), SPECIAL_DAYS, st.integers(0, 12))
@settings(max_examples=300)
def test_candidates_agree_with_the_definition(dates: list[date], day: date, window: int) -> None:
    found = fm.candidate_indexes(np.array(dates, dtype="datetime64[D]"), np.datetime64(day), window)
    assert found.tolist() == literal_candidates(dates, day, window)


@given(series(), st.lists(SPECIAL_DAYS, max_size=4), st.integers(0, 12))
@settings(max_examples=200)
def test_dependants_agree_with_the_definition(dates: list[date], changed: list[date], window: int) -> None:
    found = fm.dependants(
        np.array(dates, dtype="datetime64[D]"), np.array(changed, dtype="datetime64[D]"), window
    )
    assert found.tolist() == [day for day in dates if literal_candidates(changed, day, window)]


@given(series(), st.lists(SPECIAL_DAYS, max_size=6), st.integers(0, 2**32 - 1), st.floats(0, 1))
@settings(max_examples=100, deadline=None)
def test_medians_agree_with_the_definition(
    dates: list[date], days: list[date], seed: int, gaps: float
) -> None:
    rng = np.random.default_rng(seed)
    values = np.round(rng.normal(10.0, 30.0, (len(dates), 3)), 3)
    values[rng.random(values.shape) < gaps] = np.nan
    wanted = days + dates[-20:]
    found = fm.expected_flow(
        Rows(values), np.array(dates, dtype="datetime64[D]"), np.array(wanted, dtype="datetime64[D]")
    )
    for row, day in zip(found, wanted, strict=True):
        candidates = literal_candidates(dates, day, 10)
        want = [literal_median([float(values[i, cell]) for i in candidates]) for cell in range(3)]
        np.testing.assert_array_equal(row, want)


def test_a_leap_years_end_reaches_into_the_next_year() -> None:
    dates = np.arange("2023-01-01", "2025-01-01", dtype="datetime64[D]")
    found = dates[fm.candidate_indexes(dates, np.datetime64("2024-12-31"))]
    # 2024-12-31 is day 366: its window is days 356..366 and 1..10, of which 2023 has 356..365 and 1..10.
    assert found.tolist() == [
        *(date(2023, 1, day) for day in range(1, 11)),
        *(date(2023, 12, day) for day in range(22, 32)),
        *(date(2024, 1, day) for day in range(1, 11)),
    ]


def test_the_first_year_has_no_usual_flow() -> None:
    dates = np.arange("2026-01-01", "2026-12-20", dtype="datetime64[D]")
    assert np.isnan(fm.expected_flow(Rows(np.ones((dates.size, 2))), dates, dates)).all()


def test_days_outside_the_series_have_a_usual_flow_too() -> None:
    dates = np.arange("2024-01-01", "2026-01-01", dtype="datetime64[D]")
    tomorrow = np.array(["2026-01-05"], dtype="datetime64[D]")
    assert fm.expected_flow(Rows(np.full((dates.size, 2), 7.0)), dates, tomorrow).tolist() == [[7.0, 7.0]]


@pytest.mark.parametrize("rows_allowed", [1, 150, 10_000])
def test_small_batches_give_the_same_and_read_less(
    monkeypatch: pytest.MonkeyPatch, rows_allowed: int
) -> None:
    dates = np.arange("2019-01-01", "2024-01-01", dtype="datetime64[D]")
    values = np.random.default_rng(1).normal(size=(dates.size, 4))
    whole = fm.expected_flow(Rows(values), dates, dates)
    monkeypatch.setattr(fm, "_BATCH_BYTES", rows_allowed * 8 * 4)
    history = Rows(values)
    np.testing.assert_array_equal(fm.expected_flow(history, dates, dates), whole)
    assert history.largest <= max(rows_allowed, 5 * 22)


def test_the_history_is_not_changed() -> None:
    dates = np.arange("2022-01-01", "2024-01-01", dtype="datetime64[D]")
    values = np.random.default_rng(2).normal(size=(dates.size, 3))
    before = values.copy()
    fm.expected_flow(Rows(values), dates, dates)
    np.testing.assert_array_equal(values, before)


def test_nothing_asked_gives_nothing() -> None:
    none = np.array([], dtype="datetime64[D]")
    day = np.array(["2026-01-01"], dtype="datetime64[D]")
    assert fm.expected_flow(Rows(np.empty((0, 4))), none, none).shape == (0, 4)
    assert np.isnan(fm.expected_flow(Rows(np.empty((0, 4))), none, day)).all()
    assert fm.dependants(none, day).size == 0
    assert fm.dependants(day, none).size == 0
