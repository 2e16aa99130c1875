"""Invented stations: where they lie, their thresholds, and their flows of earlier decades.

Thresholds and reference flows come from the model itself, run with the weather of 1980 to 2019.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
from numpy.typing import NDArray

from sagui_pipelines.simulation.basin import Basin
from sagui_pipelines.simulation.files import replacing
from sagui_pipelines.simulation.model import Model, State
from sagui_pipelines.simulation.outlines import RIVERS
from sagui_pipelines.simulation.weather import Days, Weather, day_of_year

SHEET = "Feuille 1"
COLUMNS = (
    "ID_station", "name_station", "river", "latitude*", "longitude*", "minibasin_mgb", "threshold_drought**",
    "threshold_flood_low**", "threshold_flood_mid**", "threshold_flood_high**", "notes", "conversion*****",
)  # fmt: skip
PERIODS = ("1980-1990", "1990-2000", "2000-2010", "2010-2020")
NO_THRESHOLD = -9999
_FOOTNOTES = (
    "*point shown on the map (degrees)",
    "**in m3/s, lower limit of the class; -9999: no threshold",
    "***invented station of the simulated basin: no warning must be based on it",
    "****thresholds from quantiles of the simulated flow of 1980-2019",
    "*****formula for the reference series, f is the flow of the model",
)
_DROUGHT, _LOW, _MID, _HIGH = 0.04, 0.90, 0.97, 0.992


@dataclass(frozen=True)
class _Plan:
    """A station to place: river system, which branch of it, and the share of the branch's drained area there."""

    system: str
    branch: str | None
    place: str
    share: float
    floods: int = 3


_PLANS = (
    _Plan("Maroni", None, "aval", 0.95),
    _Plan("Maroni", None, "milieu", 0.78),
    _Plan("Maroni", "west", "aval", 0.9, 2),
    _Plan("Maroni", "west", "amont", 0.4, 2),
    _Plan("Maroni", "east", "aval", 0.9, 2),
    _Plan("Maroni", "east", "amont", 0.4, 2),
    _Plan("Mana", None, "aval", 0.85, 1),
    _Plan("Sinnamary", None, "milieu", 0.6, 1),
    _Plan("Kourou", None, "milieu", 0.5, 1),
    _Plan("Comté", None, "milieu", 0.6, 1),
    _Plan("Approuague", None, "aval", 0.8, 1),
    _Plan("Oyapock", None, "aval", 0.9),
    _Plan("Oyapock", None, "amont", 0.35, 2),
)
_BRANCH_NAMES = {"west": "Tapanahoni", "east": "Lawa"}


@dataclass(frozen=True)
class Station:
    """An invented station.

    Attributes:
        code: stable short name.
        name: name shown to people.
        river: river it lies on.
        cell: cell number.
        floods: how many flood thresholds it has, 1 to 3.
    """

    code: str
    name: str
    river: str
    cell: int
    floods: int


def place_stations(basin: Basin) -> tuple[Station, ...]:
    """Choose a cell for each planned station; in tiny basins a station without a free cell is left out."""
    names = [river.name for river in RIVERS]
    taken: set[int] = set()
    stations = []
    for plan in _PLANS:
        stem = _branch(basin, names.index(plan.system) + 1, plan.branch)
        free = [cell for cell in stem if cell not in taken]
        if not free:
            continue
        wanted = plan.share * basin.drained_km2[stem[0]]
        cell = min(free, key=lambda candidate: abs(basin.drained_km2[candidate] - wanted))
        taken.add(cell)
        river = _BRANCH_NAMES[plan.branch] if plan.branch else plan.system
        name = f"Demo {river} {plan.place}"
        stations.append(Station(_code(name), name, river, cell + 1, plan.floods))
    return tuple(stations)


def climatology(
    basin: Basin, model: Model, weather: Weather, cells: NDArray[np.intp]
) -> tuple[Days, NDArray[np.float64]]:
    """Daily flow of 1980 to 2019 at some cells: days, and flow of shape (days, cells) [m3/s]."""
    points = weather.nearest(basin.longitude, basin.latitude)
    state = State.initial(basin.cells)
    all_days, flows = [], []
    for year in range(1978, 2020):
        days = np.arange(f"{year}-01-01", f"{year + 1}-01-01", dtype="datetime64[D]")
        rain = weather.rain_mm(days, points).astype(np.float64)
        flow = model.run(state, rain[:, None, :], weather.demand_mm(days))[cells, 0, :].T
        if year >= 1980:
            all_days.append(days)
            flows.append(flow)
    return np.concatenate(all_days), np.concatenate(flows)


def write_stations(
    path: Path, basin: Basin, stations: tuple[Station, ...], flow_m3s: NDArray[np.float64]
) -> None:
    """Write the station list as a spreadsheet laid out like the real one, footnotes included.

    Args:
        path: the xlsx file.
        basin: where the cells lie.
        stations: the stations.
        flow_m3s: climatology at the stations, shape (days, stations) [m3/s].
    """
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = SHEET
    sheet.append(COLUMNS)
    for station, flow in zip(stations, flow_m3s.T, strict=True):
        drought, *floods = (_readable(value) for value in np.quantile(flow, (_DROUGHT, _LOW, _MID, _HIGH)))
        floods = [*floods[: station.floods], *[NO_THRESHOLD] * (3 - station.floods)]
        latitude, longitude = (
            round(float(axis[station.cell - 1]), 6) for axis in (basin.latitude, basin.longitude)
        )
        sheet.append(
            (
                station.code,
                station.name,
                station.river,
                latitude,
                longitude,
                station.cell,
                drought,
                *floods,
                "***",
                "f",
            )
        )
    first_note = sheet.max_row + 5
    for row, note in enumerate(_FOOTNOTES, start=first_note):
        sheet.cell(row=row, column=2, value=note)
    with replacing(path) as new:
        book.save(new)


def write_reference_flow(
    path: Path, stations: tuple[Station, ...], days: Days, flow_m3s: NDArray[np.float64]
) -> None:
    """Write mean flow by decade and day of the year, at least 0.1 [m3/s], columns as in the real file."""
    doy = day_of_year(days)
    decade = (days.astype("datetime64[Y]").astype(int) + 1970 - 1980) // 10
    frames = []
    for number, period in enumerate(PERIODS):
        inside = decade == number
        for station, flow in zip(stations, flow_m3s[inside].T, strict=True):
            mean = (
                np.bincount(doy[inside], flow, minlength=367)[1:]
                / np.bincount(doy[inside], minlength=367)[1:]
            )
            frame = pd.DataFrame({"day_of_year": np.arange(1, 367), "flow": mean.clip(0.1).round(1)})
            frame.insert(0, "mini", station.cell)
            frame.insert(0, "ref_period", period)
            frames.append(frame)
    with replacing(path) as new:
        pd.concat(frames).to_csv(new, index=False)


def _branch(basin: Basin, system: int, branch: str | None) -> list[int]:
    """Cells of a river's main stem, mouth first; or of its western or eastern headwater river below which they meet."""
    mouth = int(np.flatnonzero((basin.downstream < 0) & (basin.river == system))[0])
    main = _stem(basin, mouth)
    if branch is None:
        return main
    tributaries = [
        cell for cell in np.flatnonzero(np.isin(basin.downstream, main)).tolist() if cell not in main
    ]
    largest = max(tributaries, key=lambda cell: basin.drained_km2[cell], default=mouth)
    other = next((cell for cell in main if basin.downstream[cell] == basin.downstream[largest]), mouth)
    stems = [_stem(basin, largest), _stem(basin, other)]
    stems.sort(key=lambda stem: float(basin.longitude[stem].mean()))
    return stems[0] if branch == "west" else stems[1]


def _stem(basin: Basin, cell: int) -> list[int]:
    stem = [cell]
    while (sources := np.flatnonzero(basin.downstream == stem[-1])).size:
        stem.append(int(sources[np.argmax(basin.drained_km2[sources])]))
    return stem


def _readable(value: float) -> float:
    """Three significant digits, as thresholds are written."""
    return float(f"{value:.3g}")


def _code(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return plain.lower().replace(" ", "_")
