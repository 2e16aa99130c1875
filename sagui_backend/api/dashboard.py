"""The situation at a glance: one entry per theme; a theme without data says so and spares the others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from sagui_backend.api import schema
from sagui_backend.api.atmosphere import air_section
from sagui_backend.api.base import ApiView, answer, snapshot
from sagui_backend.api.freshness import Freshness, of_forecast, oldest
from sagui_backend.api.levels import (
    FLOW_LEVELS,
    FORECAST_LEVELS,
    alert_day,
    flow_level,
    forecast_level,
    forecast_summary,
    histogram,
    most_serious,
    rain_level,
)
from sagui_backend.api.queries import DataState, FlowDay, data_state, rain_basins, rain_histogram
from sagui_backend.api.stations import anomalies, cells_of, recent_days, thresholds_of
from sagui_backend.sagui.models import Stations

Section = tuple[dict[str, Any], Freshness]


def sections() -> list[Section]:
    """Entries of the dashboard in display order, each with the freshness of its data."""
    state = data_state()
    stations = list(Stations.objects.defer("geom", "imported").order_by("id"))
    days = recent_days(state, cells_of(stations), 1)
    found = [
        _forecast(state, stations, days),
        _flow(state, stations, days),
        _rain(state.rain),
    ]
    air = air_section()
    return [*found, air] if air else found


class Dashboard(ApiView):
    """Global alert codes."""

    operation_action = "retrieve"

    @schema.dashboard
    @snapshot
    def get(self, request: Request, format: str | None = None) -> Response:  # noqa: A002, ARG002
        """One entry per theme: global alert code, and how many stations or minibasins have each level."""
        found = sections()
        body = [entry | freshness.keys() for entry, freshness in found]
        return answer(body, oldest(freshness for _, freshness in found))


def _forecast(state: DataState, stations: Sequence[Stations], days: dict[int, list[FlowDay]]) -> Section:
    target = alert_day(state.observed)
    on_target = [
        next((anomaly for day, anomaly in series if day.date == target), None)
        for series in anomalies(stations, days).values()
    ]
    summary = forecast_summary(on_target)
    entry = {
        "id": "flow_previ",
        "alert_code": summary.code,
        "description": "Forecast 5 days ahead against the reference flow of the season; histogram: stations.",
        "histogram": histogram(map(forecast_level, on_target), FORECAST_LEVELS),
        "attributes": {
            "anomaly_avg": _rounded(summary.average),
            "anomaly_min": _rounded(summary.lowest),
            "anomaly_max": _rounded(summary.highest),
        },
    }
    return entry, of_forecast(state)


def _flow(state: DataState, stations: Sequence[Stations], days: dict[int, list[FlowDay]]) -> Section:
    levels = [
        next(
            (
                flow_level(day.flow, thresholds_of(station))
                for day in days[station.minibasin_id]
                if day.date == state.observed
            ),
            None,
        )
        for station in stations
    ]
    entry = {
        "id": "flow_alerts",
        "alert_code": most_serious(levels),
        "description": "Flow of the newest day against the thresholds of each station; histogram: stations.",
        "histogram": histogram(levels, FLOW_LEVELS),
        "attributes": {},
    }
    return entry, Freshness.of(state.observed)


def _rain(day: date | None) -> Section:
    basins = rain_basins(day)
    entry = {
        "id": "rain_alerts",
        "alert_code": rain_level(max(basins.values(), default=None)),
        "description": "Wettest sub-basin of the newest day; histogram: minibasins.",
        "histogram": rain_histogram(day),
        "attributes": {},
    }
    return entry, Freshness.of(day)


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(round(value))
