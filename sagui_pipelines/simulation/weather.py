"""Daily rain on a 0.1 degree grid and evaporation demand: two wet seasons, driest in September and October.

A day's rain depends on the seed and the date alone, never on the period asked for.
Rain = seasonal mean x (g - threshold)+^1.4 / its expectation, g a standard Gaussian field made of a country-wide, a
synoptic and a convective part; the first two persist for some days.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Days = NDArray[np.datetime64]

_WEST, _SOUTH, _EAST, _NORTH = -56.5, 1.9, -51.0, 6.0
_GRID_STEP = 0.1
_MONTHLY_MM = (270.0, 190.0, 190.0, 285.0, 390.0, 320.0, 220.0, 140.0, 58.0, 50.0, 105.0, 255.0)
_MONTHLY_DEMAND_MM = (4.0, 4.1, 4.3, 4.2, 3.9, 3.9, 4.3, 4.8, 5.2, 5.2, 4.8, 4.1)
_MID_MONTH = (16, 45, 75, 105, 136, 166, 197, 228, 258, 289, 319, 350)
_PERSISTENCE = np.array([0.75, 0.5, 0.35, 0.25]) / np.sqrt(0.75**2 + 0.5**2 + 0.35**2 + 0.25**2)
_SHARES = np.sqrt([0.10, 0.35, 0.55])
_SHAPE = 1.4
_YEARS_SPREAD = 0.12


class Weather:
    """Weather of the simulated country.

    Attributes:
        longitude, latitude: centres of the rain grid, row-major from the south-west [degrees].
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        lon = np.arange(_WEST + _GRID_STEP / 2, _EAST, _GRID_STEP)
        lat = np.arange(_SOUTH + _GRID_STEP / 2, _NORTH, _GRID_STEP)
        self.longitude, self.latitude = (axis.ravel() for axis in np.meshgrid(lon, lat))

    def nearest(self, longitude: NDArray[np.float64], latitude: NDArray[np.float64]) -> NDArray[np.intp]:
        """Grid point nearest to each place, as HYFAA interpolates rain to its cells."""
        columns = np.floor((longitude - _WEST) / _GRID_STEP).astype(np.intp)
        rows = np.floor((latitude - _SOUTH) / _GRID_STEP).astype(np.intp)
        return rows * round((_EAST - _WEST) / _GRID_STEP) + columns

    def rain_mm(self, days: Days, points: NDArray[np.intp]) -> NDArray[np.float32]:
        """Rain of consecutive days at grid points, shape (days, points) [mm/day], steps of 0.01 mm."""
        field = self._gaussian(days, points)
        doy = day_of_year(days) - 1
        excess = np.maximum(field - self._threshold[doy][:, None], 0.0)
        rain: NDArray[np.float64] = excess**_SHAPE
        rain *= (self._mean_mm[doy] / self._expectation[doy] * self._year_factor(days))[:, None]
        rain *= self._wetness[points]
        return np.where(rain < 0.1, 0.0, np.round(rain, 2)).astype(np.float32)

    def demand_mm(self, days: Days) -> NDArray[np.float64]:
        """Evaporation demand of each day [mm/day]."""
        demand: NDArray[np.float64] = _seasonal(_MONTHLY_DEMAND_MM)[day_of_year(days) - 1]
        return demand

    def _gaussian(self, days: Days, points: NDArray[np.intp]) -> NDArray[np.float64]:
        synoptic, convective = (kernel[:, points] for kernel in self._kernels)
        memory = _PERSISTENCE.size - 1
        number = 1 + synoptic.shape[0] + convective.shape[0]
        first = int(days[0].astype(int)) - memory
        noise = np.array(
            [self._rng(2, day).standard_normal(number) for day in range(first, first + memory + days.size)]
        )
        split = 1 + synoptic.shape[0]
        slow = sum(
            weight * noise[memory - lag : memory - lag + days.size, :split]
            for lag, weight in enumerate(_PERSISTENCE)
        )
        field: NDArray[np.float64] = _SHARES[0] * slow[:, :1] + _SHARES[1] * (slow[:, 1:] @ synoptic)
        field += _SHARES[2] * (noise[memory:, split:] @ convective)
        return field

    def _rng(self, purpose: int, number: int) -> np.random.Generator:
        return np.random.default_rng([self._seed, purpose, number + 1_000_000])

    def _year_factor(self, days: Days) -> NDArray[np.float64]:
        """Slow swing between dry and wet half-years."""
        half = (days.astype("datetime64[D]").astype(int) / 182.6).astype(float)
        knots = np.arange(int(half.min()) - 1, int(half.max()) + 3)
        swing = np.array([self._rng(3, int(knot)).standard_normal() for knot in knots])
        return np.asarray(np.exp(_YEARS_SPREAD * np.interp(half, knots, swing) - _YEARS_SPREAD**2 / 2))

    @cached_property
    def _kernels(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return self._kernel(0.9, 1.1), self._kernel(0.36, 0.32)

    def _kernel(self, spacing: float, reach: float) -> NDArray[np.float64]:
        """Bell-shaped weights of scattered nodes at every grid point, of unit variance, shape (nodes, points)."""
        lon, lat = np.meshgrid(
            np.arange(_WEST - spacing, _EAST + 2 * spacing, spacing),
            np.arange(_SOUTH - spacing, _NORTH + 2 * spacing, spacing),
        )
        squared = (lon.reshape(-1, 1) - self.longitude) ** 2 + (lat.reshape(-1, 1) - self.latitude) ** 2
        weight: NDArray[np.float64] = np.exp(-squared / (2 * reach**2))
        weight[weight < 1e-3] = 0.0
        weight /= np.sqrt((weight**2).sum(axis=0))
        return weight

    @cached_property
    def _wetness(self) -> NDArray[np.float64]:
        """Rain relative to the country's mean: most in the hills near the north-eastern coast."""
        east = np.exp(-(((self.longitude + 52.2) / 0.9) ** 2) - ((self.latitude - 4.4) / 0.8) ** 2)
        return np.asarray(0.86 + 0.05 * (self.latitude - 2.0) + 0.38 * east)

    @cached_property
    def _mean_mm(self) -> NDArray[np.float64]:
        return _seasonal(_MONTHLY_MM) / 30.44

    @cached_property
    def _threshold(self) -> NDArray[np.float64]:
        """Level of g at which rain starts: rain on four days of five in the wet months, one of four in the driest."""
        return np.interp(self._mean_mm, [1.5, 13.0], [0.65, -0.8])

    @cached_property
    def _expectation(self) -> NDArray[np.float64]:
        g = np.linspace(-6.0, 8.0, 1401)
        density = np.exp(-(g**2) / 2) / np.sqrt(2 * np.pi) * (g[1] - g[0])
        excess = np.maximum(g - self._threshold[:, None], 0.0) ** _SHAPE
        return np.asarray(excess @ density)


def day_of_year(days: Days) -> NDArray[np.intp]:
    """Day of the year, 1 to 366."""
    new_year = days.astype("datetime64[Y]").astype("datetime64[D]")
    return np.asarray((days - new_year).astype(np.intp) + 1)


def _seasonal(monthly: tuple[float, ...]) -> NDArray[np.float64]:
    """Daily values for day 1 to 366 between mid-month values."""
    return np.interp(np.arange(1, 367), _MID_MONTH, monthly, period=366)
