"""Rainfall to flow: soil, two runoff stores and a linear reservoir per river reach, in daily steps.

Soil and stores follow HBV (Bergstrom 1992): recharge = rain (W/F)^2, quick and slow outflow of the upper store,
percolation to groundwater. A reach is S = K Q with dS/dt = I - Q by the implicit Euler scheme, which conserves water
exactly. Only +, -, x, / are used, so that a restarted run repeats every bit.
State of day T is the state at 00:00 UTC, after the rain of day T-1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from sagui_pipelines.simulation.basin import Basin

Array = NDArray[np.float64]

_KM_PER_DAY = 65.0
_DRY_LIMIT = 0.55
_QUICK_SHARE, _QUICK_LEVEL_MM = 0.12, 30.0
_SLOW_SHARE = 0.04
_PERCOLATION_MM = 1.2
_BASE_SHARE = 0.016
_MM_KM2_TO_M3S = 1000.0 / 86400.0


@dataclass
class State:
    """State of an ensemble at 00:00 UTC.

    Attributes:
        soil_mm, upper_mm, ground_mm: water in the soil and the two runoff stores, shape (members, cells) [mm].
        memory_m3s: what each reach would still give tomorrow without inflow, shape (members, cells) [m3/s].
    """

    soil_mm: Array
    upper_mm: Array
    ground_mm: Array
    memory_m3s: Array

    @classmethod
    def initial(cls, cells: int) -> State:
        """A single member, moderately wet."""
        fill = np.ones((1, cells))
        return cls(180.0 * fill, 5.0 * fill, 40.0 * fill, 0.0 * fill)

    def copy(self) -> State:
        """An independent copy."""
        return State(self.soil_mm.copy(), self.upper_mm.copy(), self.ground_mm.copy(), self.memory_m3s.copy())

    def repeated(self, members: int) -> State:
        """The same single-member state for every member."""
        return State(*(np.repeat(a, members, axis=0) for a in vars(self).values()))


class Model:
    """The model of one basin."""

    def __init__(self, basin: Basin, seed: int) -> None:
        rng = np.random.default_rng([seed, 6])
        self.cells = basin.cells
        self._downstream = basin.downstream.tolist()
        self._to_m3s = basin.area_km2 * _MM_KM2_TO_M3S
        lag_days = basin.reach_km / _KM_PER_DAY
        self._keep = lag_days / (1.0 + lag_days)
        wave = rng.uniform(0.0, 6.28, 4)
        texture = np.sin(2.1 * basin.longitude + wave[0]) * np.sin(2.7 * basin.latitude + wave[1])
        self._capacity_mm = 300.0 + 60.0 * texture
        self._slow_share = _SLOW_SHARE * (1.0 + 0.3 * np.sin(3.3 * basin.longitude + wave[2]))

    def run(
        self, state: State, rain_mm: Array, demand_mm: Array, analyse: Callable[[int], None] | None = None
    ) -> Array:
        """Advance `state` in place.

        Args:
            state: start; it becomes the end state.
            rain_mm: shape (days, members, cells) [mm/day].
            demand_mm: evaporation demand, shape (days,) [mm/day].
            analyse: called with each day's index before that day; it may change the stores of `state`.

        Returns:
            Flow at the end of each day, shape (cells, members, days) [m3/s].
        """
        runoff = np.empty(rain_mm.shape)
        for day in range(rain_mm.shape[0]):
            if analyse is not None:
                analyse(day)
            self._produce(state, rain_mm[day], float(demand_mm[day]), runoff[day])
        flow = np.ascontiguousarray(runoff.transpose(2, 1, 0))
        del runoff
        self._route(state, flow)
        return flow

    def stored_mm_km2(self, state: State, basin: Basin) -> float:
        """All water held by the first member [mm km2]."""
        land = (state.soil_mm + state.upper_mm + state.ground_mm)[0] * basin.area_km2
        reaches = state.memory_m3s[0] / (1.0 - self._keep) / _MM_KM2_TO_M3S
        return float(land.sum() + reaches.sum())

    def _produce(self, state: State, rain_mm: Array, demand_mm: float, out_m3s: Array) -> None:
        soil, upper, ground = state.soil_mm, state.upper_mm, state.ground_mm
        wet = soil / self._capacity_mm
        recharge = wet * wet
        np.minimum(recharge, 1.0, out=recharge)
        recharge *= rain_mm
        soil += rain_mm
        soil -= recharge
        wet /= _DRY_LIMIT
        np.minimum(wet, 1.0, out=wet)
        wet *= demand_mm
        soil -= np.minimum(wet, soil)
        upper += recharge
        quick = upper - _QUICK_LEVEL_MM
        np.maximum(quick, 0.0, out=quick)
        quick *= _QUICK_SHARE
        slow = upper * self._slow_share
        upper -= quick
        upper -= slow
        seep = np.minimum(upper, _PERCOLATION_MM)
        upper -= seep
        ground += seep
        base = ground * _BASE_SHARE
        ground -= base
        quick += slow
        quick += base
        np.multiply(quick, self._to_m3s, out=out_m3s)

    def _route(self, state: State, flow_m3s: Array) -> None:
        """Turn local runoff into river flow, in place, cell by cell from upstream to downstream."""
        for cell, next_cell in enumerate(self._downstream):
            keep = self._keep[cell]
            flow_m3s[cell], memory = lfilter(
                [1.0 - keep], [1.0, -keep], flow_m3s[cell], axis=-1, zi=state.memory_m3s[:, cell, None]
            )
            state.memory_m3s[:, cell] = memory[:, 0]
            if next_cell >= 0:
                flow_m3s[next_cell] += flow_m3s[cell]


class Levels:
    """Water level from flow, by a rating curve of each cell.

    level = bed + depth sqrt(Q / bankful Q) + 0.001, in the datum of the flood-plain altitudes, as MGB gives it.
    """

    def __init__(self, basin: Basin) -> None:
        self._bed_m = basin.bank_m - basin.depth_m
        self._depth_m = basin.depth_m
        self._bankful_m3s = 0.045 * basin.drained_km2

    def rating(self, cells: NDArray[np.intp]) -> tuple[Array, Array]:
        """Coefficients a [m3/s] and z0 [m] of discharge = a (level - z0)^2, the inverse of `level_m`."""
        return self._bankful_m3s[cells] / self._depth_m[cells] ** 2, self._bed_m[cells] + 0.001

    def level_m(self, flow_m3s: Array, cells: slice) -> Array:
        """Level [m] of flow whose first axis is the cells in `cells`."""
        extra = (slice(None),) + (None,) * (flow_m3s.ndim - 1)
        relative = np.maximum(flow_m3s, 0.0) / self._bankful_m3s[cells][extra]
        level: Array = self._bed_m[cells][extra] + self._depth_m[cells][extra] * np.sqrt(relative) + 0.001
        return level
