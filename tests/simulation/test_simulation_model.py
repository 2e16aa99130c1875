"""Weather and model: seasons, water balance, restarts that repeat every bit."""

from __future__ import annotations

import numpy as np
import pytest

from sagui_pipelines.simulation.basin import Basin
from sagui_pipelines.simulation.model import Levels, Model, State
from sagui_pipelines.simulation.survey import build_basin
from sagui_pipelines.simulation.weather import Weather, day_of_year

SEED = 5


@pytest.fixture(scope="module")
def basin() -> Basin:
    return build_basin(60, SEED)[0]


@pytest.fixture(scope="module")
def weather() -> Weather:
    return Weather(SEED)


def span(first: str, end: str) -> np.ndarray:
    return np.arange(first, end, dtype="datetime64[D]")


def test_rain_has_two_wet_seasons_and_is_least_in_september_and_october(weather: Weather) -> None:
    days = span("2000-01-01", "2020-01-01")
    rain = weather.rain_mm(days, np.arange(0, weather.longitude.size, 7)).mean(axis=1)
    month = days.astype("datetime64[M]").astype(int) % 12 + 1
    monthly = np.array([rain[month == m].mean() * 30.4 for m in range(1, 13)])
    driest = set(np.argsort(monthly)[:2] + 1)
    assert driest == {9, 10}
    assert monthly[[11, 0]].min() > monthly[[1, 2]].max() * 1.05
    assert monthly[[3, 4, 5]].min() > monthly[[1, 2]].max()
    assert np.argmax(monthly) + 1 in (4, 5, 6)
    assert 2000 < monthly.sum() < 3200


def test_rain_of_a_day_does_not_depend_on_the_period_asked_for(weather: Weather) -> None:
    points = np.array([10, 400, 1500])
    whole = weather.rain_mm(span("2023-01-01", "2024-01-01"), points)
    part = weather.rain_mm(span("2023-07-03", "2023-07-05"), points)
    assert np.array_equal(whole[183:185], part)
    assert whole.dtype == np.float32
    assert whole.min() == 0.0
    assert whole.max() < 400


def test_rain_of_neighbours_is_alike_and_of_distant_places_less(weather: Weather) -> None:
    days = span("2022-01-01", "2024-01-01")
    places = weather.nearest(np.array([-54.0, -53.9, -51.9]), np.array([3.0, 3.0, 4.9]))
    correlation = np.corrcoef(weather.rain_mm(days, places).T)
    assert correlation[0, 1] > 0.8
    assert correlation[0, 2] < 0.6


def test_day_of_year_counts_leap_days() -> None:
    days = np.array(["2023-12-31", "2024-02-29", "2024-12-31"], dtype="datetime64[D]")
    assert day_of_year(days).tolist() == [365, 60, 366]


def test_water_balance_closes(basin: Basin, weather: Weather) -> None:
    days = span("2021-01-01", "2023-01-01")
    model, state = Model(basin, SEED), State.initial(basin.cells)
    rain = weather.rain_mm(days, weather.nearest(basin.longitude, basin.latitude)).astype(float)
    before = model.stored_mm_km2(state, basin)
    flow = model.run(state, rain[:, None, :], np.zeros(days.size))
    mouths = basin.downstream < 0
    out = flow[mouths].sum() * 86.4
    fallen = (rain * basin.area_km2).sum()
    assert fallen - out == pytest.approx(model.stored_mm_km2(state, basin) - before, rel=1e-6)


def test_evaporation_takes_a_plausible_share(basin: Basin, weather: Weather) -> None:
    days = span("2015-01-01", "2021-01-01")
    model, state = Model(basin, SEED), State.initial(basin.cells)
    rain = weather.rain_mm(days, weather.nearest(basin.longitude, basin.latitude)).astype(float)
    flow = model.run(state, rain[:, None, :], weather.demand_mm(days))
    runoff = flow[basin.downstream < 0].sum() * 86.4 / (rain * basin.area_km2).sum()
    assert 0.3 < runoff < 0.65


def test_maroni_carries_thousands_in_the_wet_season_and_headwaters_drop_below_one() -> None:
    basin = build_basin(1000, 973)[0]
    weather, days = Weather(973), span("2021-01-01", "2023-01-01")
    rain = weather.rain_mm(days, weather.nearest(basin.longitude, basin.latitude)).astype(float)
    flow = Model(basin, 973).run(State.initial(1000), rain[:, None, :], weather.demand_mm(days))[:, 0, 365:]
    month = days[365:].astype("datetime64[M]").astype(int) % 12 + 1
    mouth = flow[-1]
    assert mouth[(month == 5) | (month == 6)].mean() > 2000
    assert mouth[(month == 10) | (month == 11)].mean() < 0.4 * mouth[(month == 5) | (month == 6)].mean()
    assert (flow[basin.order == 1].min(axis=1) < 1.0).mean() > 0.5
    assert flow.min() > 0.0


def test_a_run_in_parts_repeats_every_bit(basin: Basin, weather: Weather) -> None:
    days = span("2022-01-01", "2022-05-01")
    rain = weather.rain_mm(days, weather.nearest(basin.longitude, basin.latitude)).astype(float)[:, None, :]
    demand, model = weather.demand_mm(days), Model(basin, SEED)
    whole = model.run(State.initial(basin.cells), rain, demand)
    state = State.initial(basin.cells)
    parts = [model.run(state, rain[a:b], demand[a:b]) for a, b in ((0, 17), (17, 90), (90, 120))]
    assert np.array_equal(whole, np.concatenate(parts, axis=2))


def test_flow_rises_on_the_day_after_the_rain(basin: Basin) -> None:
    rain = np.zeros((6, 1, basin.cells))
    rain[2] = 80.0
    flow = Model(basin, SEED).run(State.initial(basin.cells), rain, np.zeros(6))
    headwaters = basin.order == 1
    assert (flow[headwaters, 0, 2] > flow[headwaters, 0, 1]).all()


def test_level_grows_with_flow_from_the_bed(basin: Basin) -> None:
    levels = Levels(basin)
    flow = np.array([[0.0, 1.0, 10.0]] * basin.cells)
    level = levels.level_m(flow, slice(0, basin.cells))
    assert level[:, 0] == pytest.approx(basin.bank_m - basin.depth_m + 0.001)
    assert (np.diff(level, axis=1) > 0).all()
