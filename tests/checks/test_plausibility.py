"""The rules of plausibility on arbitrary numbers: theorems never refuse, damage is never overlooked."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sagui_pipelines.flow.completeness import find_holes
from sagui_pipelines.flow.continuity import broken_cells
from sagui_pipelines.flow.quality import blot_out
from sagui_pipelines.hydro.limits import areal_rain_limit_mm, flow_limit_m3s
from sagui_pipelines.hydro.plausibility import (
    common_factor,
    constant_value,
    impossible_spread,
    is_repeated,
    rank_correlation,
    share_lost,
)
from sagui_pipelines.rainfall.quality import rain_fault

MEMBERS = arrays(np.float64, st.tuples(st.integers(1, 30), st.integers(1, 5)), elements=st.floats(-1e6, 1e6))
SEEDS = st.integers(0, 2**32 - 1)


def rivers(seed: int, cells: int = 200) -> np.ndarray:
    """Flows of small and large rivers [m3/s]."""
    return np.random.default_rng(seed).lognormal(3, 2, cells)


def statistics(members: np.ndarray) -> tuple[np.ndarray, ...]:
    """What HYFAA writes of an ensemble (members, cells)."""
    median = np.median(members, axis=0)
    mad = np.median(np.abs(members - median), axis=0) / 0.67449
    return tuple(np.round(part, 3) for part in (members.mean(axis=0), median, members.std(axis=0), mad))


@given(MEMBERS)
@settings(deadline=None)
def test_statistics_of_any_ensemble_fit_together(members: np.ndarray) -> None:
    assert not impossible_spread(*statistics(members)).any()


@given(MEMBERS, st.floats(1, 1e3))
@settings(deadline=None)
def test_a_median_beyond_the_spread_is_seen(members: np.ndarray, excess: float) -> None:
    mean, _, std, mad = statistics(members)
    assert impossible_spread(mean, mean + 1.01 * std + excess, std, mad).all()


@given(SEEDS, st.floats(0.5, 2.0))
@settings(deadline=None)
def test_weather_is_no_change_of_unit_and_keeps_the_order(seed: int, wetter: float) -> None:
    before = rivers(seed)
    now = before * wetter * np.random.default_rng(seed + 1).uniform(0.5, 2.0, before.size)
    assert common_factor(before, now) is None
    correlation = rank_correlation(before, now)
    assert correlation is not None
    assert correlation > 0.8
    assert not is_repeated(before, now)


@given(SEEDS, st.sampled_from([1000.0, 35.31, 3600.0, 86_400.0, 0.001]))
@settings(deadline=None)
def test_a_change_of_unit_is_seen(seed: int, factor: float) -> None:
    before = rivers(seed)
    found = common_factor(
        before, before * factor * np.random.default_rng(seed).uniform(0.9, 1.1, before.size)
    )
    assert found == pytest.approx(factor, rel=0.1)


@given(SEEDS)
@settings(deadline=None)
def test_another_order_of_cells_is_seen(seed: int) -> None:
    before = rivers(seed)
    correlation = rank_correlation(before, np.random.default_rng(seed).permutation(before))
    assert correlation is not None
    assert correlation < 0.5


@given(SEEDS, st.integers(0, 200))
@settings(deadline=None)
def test_the_share_of_lost_cells_is_counted(seed: int, lost: int) -> None:
    before, now = rivers(seed), rivers(seed)
    now[:lost] = np.nan
    assert share_lost(before, now) == lost / 200


def test_too_few_cells_are_not_judged_by_statistics() -> None:
    few = np.full(49, 3.0)
    assert constant_value(few) is None
    assert rank_correlation(few, few) is None
    assert common_factor(few, 1000 * few) is None
    assert constant_value(np.full(50, 3.0)) == 3.0


@given(st.floats(1e-2, 7e6))
@settings(deadline=None)
def test_limits_grow_with_the_catchment_and_lie_above_the_record_floods(area: float) -> None:
    assert flow_limit_m3s(area) <= flow_limit_m3s(2 * area)
    assert areal_rain_limit_mm(area) >= areal_rain_limit_mm(2 * area)


@pytest.mark.parametrize(
    ("area_km2", "record_m3s"),
    [(4.64e6, 370_000), (1.0e6, 110_000), (3e5, 80_000), (1e4, 30_000), (100, 3_000)],
)
def test_known_floods_are_possible(area_km2: float, record_m3s: float) -> None:
    assert flow_limit_m3s(area_km2) > record_m3s


@pytest.mark.parametrize(
    ("area_km2", "record_mm"), [(100, 1825), (12_950, 394), (51_800, 244), (259_000, 109)]
)
def test_known_storms_are_possible(area_km2: float, record_mm: float) -> None:
    assert areal_rain_limit_mm(area_km2) > record_mm


@given(SEEDS, st.floats(0.01, 1.0))
@settings(deadline=None)
def test_rain_of_any_weather_is_possible(seed: int, wet: float) -> None:
    random = np.random.default_rng(seed)
    day, before = (np.where(random.random(500) < wet, random.gamma(0.7, 15, 500), 0.0) for _ in range(2))
    assert rain_fault(day, before, 4e5) is None


def test_dry_days_in_a_row_are_possible() -> None:
    dry = np.zeros(500)
    assert rain_fault(dry, dry, 4e5) is None


@given(MEMBERS)
@settings(deadline=None)
def test_only_contradictory_cells_are_blotted_out(members: np.ndarray) -> None:
    names = ("flow_mean", "flow_median", "flow_stddev", "flow_mad")
    values = {name: part.copy() for name, part in zip(names, statistics(members), strict=True)}
    assert blot_out(values) == 0
    values["flow_median"][0] = values["flow_mean"][0] + 1.01 * values["flow_stddev"][0] + 1
    assert blot_out(values) == 1
    assert all(np.isnan(column[0]) and not np.isnan(column[1:]).any() for column in values.values())


@given(
    st.dictionaries(st.dates(date(2023, 12, 1), date(2024, 4, 1)), st.integers(0, 9), min_size=1, max_size=8)
)
@settings(deadline=None)
def test_holes_and_rows_make_up_the_whole(rows: dict) -> None:  # type: ignore[type-arg]
    full, holes = find_holes(rows)
    span = (max(rows) - min(rows)).days + 1
    missing = sum(hole.missing * ((hole.last - hole.first).days + 1) for hole in holes)
    assert full * span == (sum(rows.values()) + missing if full else 0)


def test_water_that_vanishes_is_seen() -> None:
    downstream, drained = np.array([2, 2, 3, 4, -1]), np.array([100.0, 100, 250, 300, 350])
    flow = np.array([20.0, 20, 50, 5, 7])
    broken, ratio, looked_at = broken_cells(flow, downstream, drained)
    assert broken.tolist() == [3]
    assert ratio[0] == pytest.approx(5 / 60)
    assert looked_at == 2
