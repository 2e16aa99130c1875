"""Ensembles: uncertain rain, a hidden truth that observations pull towards, and statistics over members."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import bottleneck as bn
import numpy as np
from numpy.typing import NDArray

from sagui_pipelines.simulation.basin import Basin
from sagui_pipelines.simulation.model import Array, Levels, State
from sagui_pipelines.simulation.portal_file import FLOW, LEVEL, Batch, column_names
from sagui_pipelines.simulation.weather import Days

MEMBERS = 20
_SPREAD = 0.45
_MEMORY = np.array([0.8, 0.5, 0.33]) / np.sqrt(0.8**2 + 0.5**2 + 0.33**2)
_NODE_SPACING, _NODE_REACH = 1.2, 1.0
_MAD_SCALE = 0.67449
_OBSERVED_SHARE = 0.35
_OBSERVATION_DELAY_DAYS = 8
_PULL = 0.35
_CELLS_AT_ONCE = 256


class UncertainRain:
    """Smooth random factors on the rain, one field per member and day; the last member is the hidden truth.

    The members' factors depend on the day of the run as well, so that a repeated day gets other values, as HYFAA's
    do; the truth does not.
    """

    def __init__(self, basin: Basin, seed: int, run_day: np.datetime64) -> None:
        self._seed, self._run = seed, int(run_day.astype(int)) + 1_000_000
        lon, lat = np.meshgrid(np.arange(-57.0, -50.4, _NODE_SPACING), np.arange(1.5, 6.6, _NODE_SPACING))
        squared = (lon.reshape(-1, 1) - basin.longitude) ** 2 + (lat.reshape(-1, 1) - basin.latitude) ** 2
        weight = np.exp(-squared / (2 * _NODE_REACH**2))
        self._kernel = weight / np.sqrt((weight**2).sum(axis=0))

    def factors(self, days: Days) -> Array:
        """Factors of consecutive days, shape (days, MEMBERS + 1, cells), mean 1."""
        first = int(days[0].astype(int)) - _MEMORY.size + 1
        noise = np.array(
            [self._noise(day + 1_000_000) for day in range(first, first + days.size + _MEMORY.size - 1)]
        )
        last = _MEMORY.size - 1
        slow = sum(weight * noise[last - lag : last - lag + days.size] for lag, weight in enumerate(_MEMORY))
        field: Array = slow @ self._kernel
        field *= _SPREAD
        field -= _SPREAD**2 / 2
        return np.exp(field, out=field)

    def _noise(self, day: int) -> Array:
        nodes = self._kernel.shape[0]
        members = np.random.default_rng([self._seed, 8, self._run, day]).standard_normal((MEMBERS, nodes))
        truth = np.random.default_rng([self._seed, 9, day]).standard_normal((1, nodes))
        return np.concatenate([members, truth])


def analysed(days: Days, seed: int, until: np.datetime64) -> NDArray[np.bool_]:
    """Whether observations of each flow day have arrived by `until`; those of the newest days are still to come."""
    passes = [np.random.default_rng([seed, 10, int(day.astype(int)) + 1_000_000]).random() for day in days]
    return (np.array(passes) < _OBSERVED_SHARE) & (days <= until - _OBSERVATION_DELAY_DAYS)


def pull_to_truth(state: State) -> None:
    """Move the stores of all members towards those of the last one, as an analysis would."""
    for store in (state.soil_mm, state.upper_mm, state.ground_mm):
        store[:-1] += _PULL * (store[-1:] - store[:-1])


def summarise(flow_m3s: Array, levels: Levels, pool: ThreadPoolExecutor) -> Batch:
    """Statistics over members as the portal publishes them, rounded to 3 decimals.

    Args:
        flow_m3s: shape (cells, members, days) [m3/s].
        levels: rating curves.
        pool: threads to share the work.

    Returns:
        Every column of the portal, shape (days, cells).
    """
    cells, members, days = flow_m3s.shape
    columns = {name: np.empty((days, cells)) for name in column_names(members)}

    def fill(first: int) -> None:
        part = slice(first, min(first + _CELLS_AT_ONCE, cells))
        flow = flow_m3s[part]
        for quantity, values in ((FLOW, flow), (LEVEL, levels.level_m(flow, part))):
            for statistic, result in _statistics(values).items():
                columns[f"{quantity}_{statistic}"][:, part] = np.round(result, 3).T

    list(pool.map(fill, range(0, cells, _CELLS_AT_ONCE)))
    return columns


def _statistics(values: Array) -> dict[str, Array]:
    mean: Array = values.mean(axis=1)
    if values.shape[1] == 1:
        return {"mean": values[:, 0]}
    median = bn.median(values, axis=1)
    away = np.abs(values - median[:, None])
    return {
        "mean": mean,
        "median": median,
        "std": values.std(axis=1),
        "mad": bn.median(away, axis=1) / _MAD_SCALE,
    }
