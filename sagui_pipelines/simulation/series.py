"""The three published series: mgbstandard, assimilated and forecast, computed and written as HYFAA does.

A run recomputes the last 30 days from a kept state and leaves older rows untouched. The portal is replaced first and
the kept state last: a run that dies in between is simply done again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from sagui_pipelines.hyfaa.solutions import FILES, FORCING_ONMESH, Solution
from sagui_pipelines.simulation import clock
from sagui_pipelines.simulation.basin import Basin
from sagui_pipelines.simulation.catalogues import STATES_TABLE, create_catalogue
from sagui_pipelines.simulation.ensemble import MEMBERS, UncertainRain, analysed, pull_to_truth, summarise
from sagui_pipelines.simulation.kept import Kept
from sagui_pipelines.simulation.model import Array, Levels, Model, State
from sagui_pipelines.simulation.portal_file import Batch, Header, Rows, read_rows, write_portal
from sagui_pipelines.simulation.rain_files import RainFiles
from sagui_pipelines.simulation.weather import Days, Weather

REWRITTEN_DAYS = 30
FORECAST_DAYS = 10
_MOST_YEARS = 10
_SPIN_UP_DAYS = 730
_BLOCK_DAYS, _BLOCK_DAYS_SINGLE = 64, 512
_HOURS = {Solution.MGBSTANDARD: 6.2, Solution.ASSIMILATED: 6.7, Solution.FORECAST: 7.5}


class Series:
    """The series of one simulated basin.

    Args:
        folder: folder of the basin.
        basin: its cells.
        seed: seed of terrain and weather.
        start: first day of rain; the first flow day is the next one.
    """

    def __init__(self, folder: Path, basin: Basin, seed: int, start: np.datetime64) -> None:
        self._folder, self._basin, self._seed, self._start = folder, basin, seed, start
        self._weather = Weather(seed)
        self._points = self._weather.nearest(basin.longitude, basin.latitude)
        self._model = Model(basin, seed)
        self._levels = Levels(basin)
        self._rain = RainFiles(folder / "hyfaa" / FORCING_ONMESH, seed)

    def add_rain(self, until: np.datetime64) -> int:
        """Bring the rain store up to the day before `until`; returns the number of days added."""
        self._rain.create()
        held = self._rain.held()
        missing = np.array(
            [day for day in _days(self._start, until) if day not in held], dtype="datetime64[D]"
        )
        for block in np.array_split(missing, range(365, missing.size, 365)):
            if block.size:
                span = _days(block[0], block[-1] + 1)
                self._rain.add(block, self._weather.rain_mm(span, self._points)[np.isin(span, block)])
        return int(missing.size)

    def compute(self, solution: Solution, until: np.datetime64) -> int:
        """Bring mgbstandard or assimilated up to `until`; returns the number of rows written."""
        path, keep_path = self._portal(solution), self._kept_path(solution)
        create_catalogue(self._folder / "hyfaa" / FILES[solution].state_database, STATES_TABLE)
        members = MEMBERS if solution is Solution.ASSIMILATED else 1
        present = read_rows(path, self._basin.cells, members)
        kept = Kept.load(keep_path) if present is not None else None
        if kept is not None and kept.until >= until:
            return 0
        untouched = 0
        if kept is not None:
            untouched = max(int((min(kept.until, until - REWRITTEN_DAYS) - self._start).astype(int)), 0)
        days = _days(self._start + 1 + untouched, until + 1)
        is_analysis = analysed(days, self._seed, until) & (solution is Solution.ASSIMILATED)
        rows = Rows(days, clock.added_jd(until, _HOURS[solution], days.size), is_analysis)
        if present is not None:
            rows = present.head(untouched).then(rows)
        begin, state = (kept.day, kept.state) if kept is not None else (self._start, self._spun_up())
        if state.soil_mm.shape[0] < members:
            state = state.repeated(members + 1)
        run = _Run(self._start, begin, until, state)
        batches = self._batches(run, solution, days[0])
        write_portal(path, self._header(until, solution, members), rows, untouched, batches)
        Kept(until, run.restart_day, run.restart, run.state).save(keep_path)
        return int(days.size)

    def forecast(self) -> tuple[int, bool]:
        """Write the forecast issued on mgbstandard's newest day, driven by the rain of previous years.

        Returns:
            Number of members, 0 with less than a year of rain; and whether a new file was written.
        """
        kept = Kept.load(self._kept_path(Solution.MGBSTANDARD))
        if kept is None:
            return 0, False
        days = _days(kept.until + 1, kept.until + 1 + FORECAST_DAYS)
        members = min(int((days[0] - self._start).astype(int) / 365.25), _MOST_YEARS)
        if members < 1:
            return 0, False
        path = self._portal(Solution.FORECAST)
        create_catalogue(self._folder / "hyfaa" / FILES[Solution.FORECAST].state_database, STATES_TABLE)
        present = read_rows(path, self._basin.cells, members)
        if present is not None and np.array_equal(present.days, days):
            return members, False
        shifts = [int(365.25 * (member + 1)) for member in range(members)]
        rain = np.stack([self._rain.read(days - 1 - shift) for shift in shifts], axis=1)
        flow = self._model.run(kept.newest.repeated(members), rain, self._weather.demand_mm(days - 1))
        with ThreadPoolExecutor(2) as pool:
            batch = summarise(flow, self._levels, pool)
        added = clock.added_jd(kept.until, _HOURS[Solution.FORECAST], days.size)
        rows = Rows(days, added, np.zeros(days.size, dtype=bool))
        year = int(str(days[0])[:4])
        years = tuple(year - 1 - member for member in range(members))
        write_portal(path, self._header(kept.until, Solution.FORECAST, members, years), rows, 0, [batch])
        return members, True

    def _batches(self, run: _Run, solution: Solution, first: np.datetime64) -> Iterator[Batch]:
        """Statistics of the days from `first` on, block by block; older days are only passed through."""
        uncertain = (
            UncertainRain(self._basin, self._seed, run.until) if solution is Solution.ASSIMILATED else None
        )
        with ThreadPoolExecutor(2) as pool:
            for rain_days in run.blocks():
                flow = self._flow(run, rain_days, uncertain)
                passed = int((first - rain_days[0] - 1).astype(int).clip(0, rain_days.size))
                if passed < rain_days.size:
                    yield summarise(flow[:, :, passed:], self._levels, pool)

    def _flow(self, run: _Run, days: Days, uncertain: UncertainRain | None) -> Array:
        rain = self._rain.read(days)[:, None, :]
        demand = self._weather.demand_mm(days)
        if uncertain is None:
            return self._model.run(run.state, rain, demand)
        observed = analysed(days, self._seed, run.until)
        analyse: Callable[[int], None] = lambda day: pull_to_truth(run.state) if observed[day] else None  # noqa: E731
        return self._model.run(run.state, uncertain.factors(days) * rain, demand, analyse)[:, :MEMBERS]

    def _spun_up(self) -> State:
        """State on the first day of rain, after two years of the weather before it."""
        state = State.initial(self._basin.cells)
        for block in _blocks(self._start - _SPIN_UP_DAYS, self._start, 1):
            rain = self._weather.rain_mm(block, self._points).astype(np.float64)
            self._model.run(state, rain[:, None, :], self._weather.demand_mm(block))
        return state

    def _header(
        self, until: np.datetime64, solution: Solution, members: int, years: tuple[int, ...] = ()
    ) -> Header:
        created = clock.created(until, _HOURS[solution] + 0.4)
        return Header(self._basin.longitude, self._basin.latitude, members, created, years)

    def _portal(self, solution: Solution) -> Path:
        return self._folder / "hyfaa" / FILES[solution].portal

    def _kept_path(self, solution: Solution) -> Path:
        return self._folder / "state" / f"{solution.value}.npz"


class _Run:
    """One run of the model from a kept state to a new newest day.

    Attributes:
        until: newest flow day.
        state: present state, `until`'s at the end.
        restart_day, restart: state that the next run restarts from.
    """

    def __init__(
        self, start: np.datetime64, begin: np.datetime64, until: np.datetime64, state: State
    ) -> None:
        self.until, self.state, self.restart = until, state, state
        self.restart_day = max(start, begin, until - REWRITTEN_DAYS)
        self._begin = begin

    def blocks(self) -> Iterator[Days]:
        """Rain days in blocks; one of them begins on the day whose state is to be kept."""
        for first, last in ((self._begin, self.restart_day), (self.restart_day, self.until)):
            if first == self.restart_day:
                self.restart = self.state.copy()
            yield from _blocks(first, last, self.state.soil_mm.shape[0])


def _blocks(first: np.datetime64, end: np.datetime64, members: int) -> Iterator[Days]:
    """Days in portions that fit in memory."""
    length = _BLOCK_DAYS_SINGLE if members == 1 else _BLOCK_DAYS
    days = _days(first, end)
    for begin in range(0, days.size, length):
        yield days[begin : begin + length]


def _days(first: np.datetime64, end: np.datetime64) -> Days:
    return np.arange(first, end, dtype="datetime64[D]")
