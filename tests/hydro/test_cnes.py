"""CNES julian days against the calendar of the standard library."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagui_pipelines.hydro import cnes

DATES = st.dates(date(1900, 1, 1), date(2199, 12, 31))


@pytest.mark.parametrize(
    ("jd", "day"), [(26270.0, "2021-12-04"), (27759.0, "2026-01-01"), (0.0, "1950-01-01")]
)
def test_known_days(jd: float, day: str) -> None:
    assert cnes.to_dates(np.array([jd]))[0] == np.datetime64(day)
    assert cnes.to_jd(np.array([day], dtype="datetime64[D]"))[0] == jd


@given(st.lists(DATES, min_size=1, max_size=20))
def test_days_agree_with_the_calendar_and_come_back(days: list[date]) -> None:
    dates = np.array(days, dtype="datetime64[D]")
    jd = cnes.to_jd(dates)
    assert jd.tolist() == [float((day - date(1950, 1, 1)).days) for day in days]
    assert cnes.to_dates(jd).tolist() == days


@given(DATES, st.floats(-0.5, 0.5))
def test_trap_16_noise_below_a_second_is_tolerated(day: date, seconds: float) -> None:
    jd = cnes.to_jd(np.array([day], dtype="datetime64[D]")) + seconds / 86_400
    assert cnes.to_dates(jd)[0].item() == day


@pytest.mark.parametrize(
    "wrong", [27759.5, 27759.0 + 2 / 86_400, np.nan, np.inf, -np.inf, 9.969209968386869e36]
)
def test_what_is_no_whole_day_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="1 value"):
        cnes.to_dates(np.array([27759.0, wrong]))


@given(st.timedeltas(timedelta(0), timedelta(days=91_000)))
def test_trap_15_the_hour_is_kept(since_1950: timedelta) -> None:
    jd = float(cnes.to_jd(np.array([np.datetime64("1950-01-01", "us") + np.timedelta64(since_1950)]))[0])
    moment = datetime(1950, 1, 1, tzinfo=UTC) + since_1950
    assert abs(cnes.to_utc(jd) - moment) < timedelta(microseconds=10)


def test_trap_15_days_after_an_int16_counter_overflows() -> None:
    assert cnes.to_utc(32_768.25) == datetime(2039, 9, 19, 6, tzinfo=UTC)
    assert cnes.to_dates(np.array([32_768.0]))[0] == np.datetime64("2039-09-19")


@pytest.mark.parametrize("wrong", [np.nan, np.inf, 9.97e36, -1e9])
def test_no_moment_is_invented(wrong: float) -> None:
    with pytest.raises(ValueError, match=r"julian day|calendar"):
        cnes.to_utc(wrong)


def test_empty_arrays_stay_empty() -> None:
    assert cnes.to_dates(np.array([])).dtype == np.dtype("datetime64[D]")
    assert cnes.to_jd(np.array([], dtype="datetime64[D]")).shape == (0,)


def test_shape_is_kept_and_nat_is_missing() -> None:
    grid = np.array([["2026-01-01", "NaT"], ["2026-01-02", "2026-01-03"]], dtype="datetime64[D]")
    jd = cnes.to_jd(grid)
    assert jd.shape == (2, 2)
    assert np.isnan(jd[0, 1])
