"""Flow, trend and anomaly per station and day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sagui_backend.api.freshness import Freshness, of_forecast
from sagui_backend.api.levels import UNKNOWN, forecast_level
from sagui_backend.api.queries import FlowDay, data_state
from sagui_backend.api.stations import FORECAST_OBSERVED_DAYS, anomalies, cells_of, recent_days
from sagui_backend.sagui.models import Stations

_MOST_DAYS = 25
_STEADY_SHARE = 0.02


@dataclass(frozen=True)
class Cell:
    """A station's flow on one day.

    Attributes:
        flow: [m3/s]; None when there is none.
        anomaly: against the reference of the season [%]; None when there is no reference.
        level: level of the anomaly, or `unknown`.
        trend: `up`, `down` or `steady` against the day before; empty when that is not known.
    """

    flow: int | None
    anomaly: int | None
    level: str
    trend: str


@dataclass(frozen=True)
class Row:
    """One station.

    Attributes:
        name, river: the station.
        cells: one per day of the table.
    """

    name: str
    river: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class FlowTable:
    """The whole table.

    Attributes:
        days: columns, ascending, with whether they are forecast.
        rows: stations, by name descending.
        freshness: age of the data.
    """

    days: tuple[tuple[date, bool], ...]
    rows: tuple[Row, ...]
    freshness: Freshness


def flow_table() -> FlowTable:
    """Observed days and forecast of every station; a day without data is an empty cell."""
    state = data_state()
    stations = sorted(
        Stations.objects.defer("geom", "imported"), key=lambda station: station.name, reverse=True
    )
    series = anomalies(stations, recent_days(state, cells_of(stations), FORECAST_OBSERVED_DAYS))
    forecast = {day.date: day.is_forecast for days in series.values() for day, _ in days}
    shown = tuple(sorted(forecast.items())[-_MOST_DAYS:])
    rows = tuple(
        Row(station.name, station.river or "", _cells(series[station.pk], [day for day, _ in shown]))
        for station in stations
    )
    return FlowTable(shown, rows, of_forecast(state))


def _cells(series: list[tuple[FlowDay, float | None]], days: list[date]) -> tuple[Cell, ...]:
    known = {day.date: (day.flow, anomaly) for day, anomaly in series}
    cells = []
    before: float | None = None
    for day in days:
        flow, anomaly = known.get(day, (None, None))
        cells.append(
            Cell(
                None if flow is None else round(flow),
                None if anomaly is None else round(anomaly),
                forecast_level(anomaly) or UNKNOWN,
                _trend(before, flow),
            )
        )
        before = flow
    return tuple(cells)


def _trend(before: float | None, now: float | None) -> str:
    if before is None or now is None:
        return ""
    if abs(now - before) <= _STEADY_SHARE * max(before, now):
        return "steady"
    return "up" if now > before else "down"
