"""Stations: their levels, and the series of one of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.contrib.gis.db.models import PointField
from django.db.models import F, Func
from rest_framework.exceptions import NotFound
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from sagui_backend.api import schema
from sagui_backend.api.base import ApiView, answer, link, snapshot
from sagui_backend.api.formats import AsciiCsvRenderer, PageRenderer
from sagui_backend.api.freshness import Freshness, of_forecast
from sagui_backend.api.levels import (
    Thresholds,
    anomaly_percent,
    flow_level,
    forecast_level,
    reference_day,
)
from sagui_backend.api.pagination import StationPages
from sagui_backend.api.parameters import duration
from sagui_backend.api.queries import DataState, FlowDay, data_state, flow_days
from sagui_backend.api.references import current_references, station_references
from sagui_backend.sagui.models import Stations

FORECAST_OBSERVED_DAYS = 10
FLOW_OBSERVED_DAYS = 15
_PLACE = Func(
    F("geom"), F("minibasin_id"), function="guyane.station_place", output_field=PointField(srid=4326)
)
_THRESHOLDS = ("threshold_drought", "threshold_flood_low", "threshold_flood_mid", "threshold_flood_high")


def thresholds_of(station: Stations) -> Thresholds:
    """A station's thresholds."""
    return Thresholds(*(getattr(station, name) for name in _THRESHOLDS))


def cells_of(stations: Iterable[Stations]) -> set[int]:
    """The cells that some stations show."""
    return {station.minibasin_id for station in stations}


def recent_days(
    state: DataState, cells: Iterable[int], days: int, *, with_forecast: bool = True
) -> dict[int, list[FlowDay]]:
    """The newest observed days, counted back from the dataset's newest, and the forecast, per cell."""
    after = None if state.observed is None else state.observed - timedelta(days=days)
    return flow_days(state, cells, after, with_forecast=with_forecast)


def anomalies(
    stations: Sequence[Stations], days: Mapping[int, Sequence[FlowDay]]
) -> dict[int, list[tuple[FlowDay, float | None]]]:
    """Per station its days with their anomaly [%] against the current reference; None where there is none."""
    wanted = {reference_day(day.date) for series in days.values() for day in series}
    references = current_references(stations, wanted)
    return {
        station.pk: [
            (day, anomaly_percent(day.flow, references.get(station.pk, {}).get(reference_day(day.date))))
            for day in days[station.minibasin_id]
        ]
        for station in stations
    }


class _StationList(ApiView):
    operation_action = "list"
    data_name = ""

    def _page(self, request: Request) -> tuple[StationPages, list[Stations]]:
        pages = StationPages()
        stations = Stations.objects.annotate(place=_PLACE).order_by("id")
        return pages, pages.paginate_queryset(stations, request, self) or []

    def _feature(self, station: Stations, levels: list[dict[str, Any]]) -> dict[str, Any]:
        place = station.place
        return {
            "id": station.pk,
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [place.x, place.y]},
            "properties": {
                "url": link(self.request, self.data_name, station.pk, suffix=self.kwargs.get("format")),
                "name": station.name,
                "river": station.river,
                "minibasin": station.minibasin_id,
                "levels": levels,
            },
        }

    @staticmethod
    def _collection(pages: StationPages, features: list[dict[str, Any]]) -> dict[str, Any]:
        envelope: dict[str, Any] = pages.get_paginated_response(
            {"type": "FeatureCollection", "features": features}
        ).data
        return envelope


class FlowPreviStations(_StationList):
    """Stations with the levels of their last observed and of the forecast days."""

    data_name = "flow-previ-stations-data"

    @schema.flow_previ_stations
    @snapshot
    def get(self, request: Request, format: str | None = None) -> Response:  # noqa: A002, ARG002
        """Stations, each with `levels` of 10 observed days and the forecast, newest first."""
        pages, stations = self._page(request)
        state = data_state()
        days = recent_days(state, cells_of(stations), FORECAST_OBSERVED_DAYS)
        series = anomalies(stations, days)
        features = [self._feature(station, _forecast_levels(series[station.pk])) for station in stations]
        return answer(self._collection(pages, features), of_forecast(state))


class FlowAlertsStations(_StationList):
    """Stations with the levels of their last observed days."""

    data_name = "flow-alerts-stations-data"

    @schema.flow_alerts_stations
    @snapshot
    def get(self, request: Request, format: str | None = None) -> Response:  # noqa: A002, ARG002
        """Stations, each with `levels` of 15 observed days, newest first."""
        pages, stations = self._page(request)
        state = data_state()
        days = recent_days(state, cells_of(stations), FLOW_OBSERVED_DAYS, with_forecast=False)
        features = [self._feature(station, _flow_levels(station, days)) for station in stations]
        return answer(self._collection(pages, features), Freshness.of(state.observed))


def _forecast_levels(series: Iterable[tuple[FlowDay, float | None]]) -> list[dict[str, Any]]:
    levels = [
        {
            "date": day.date.isoformat(),
            "flow": round(day.flow),
            "level": level,
            "source": day.source,
            "anomaly": round(anomaly),
        }
        for day, anomaly in series
        if anomaly is not None and (level := forecast_level(anomaly))
    ]
    return levels[::-1]


def _flow_levels(station: Stations, days: Mapping[int, Sequence[FlowDay]]) -> list[dict[str, Any]]:
    thresholds = thresholds_of(station)
    return [
        {"date": day.date.isoformat(), "level": level}
        for day in reversed(days[station.minibasin_id])
        if (level := flow_level(day.flow, thresholds))
    ]


class _StationData(ApiView):
    default_duration = 0

    def _station(self, number: int) -> Stations:
        station = Stations.objects.filter(pk=number).first()
        if station is None:
            raise NotFound(f"There is no station {number}.")
        return station

    def _series(self, request: Request, state: DataState, station: Stations) -> list[FlowDay]:
        days = duration(request, self.default_duration)
        return recent_days(state, [station.minibasin_id], days)[station.minibasin_id]


class FlowPreviData(_StationData):
    """Forecast of one station beside its reference flows."""

    default_duration = 10
    renderer_classes = (JSONRenderer, PageRenderer, AsciiCsvRenderer)
    csv_columns = ("source", "date", "flow", "flow_mad")

    @schema.flow_previ_data
    @snapshot
    def get(self, request: Request, id: int, format: str | None = None) -> Response:  # noqa: A002, ARG002
        """Observed days, forecast and reference flows of a station, oldest first."""
        state = data_state()
        station = self._station(id)
        series = self._series(request, state, station)
        freshness = of_forecast(state)
        if request.accepted_renderer.format == "csv":
            rows = [
                {
                    "source": day.source,
                    "date": day.date,
                    "flow": round(day.flow),
                    "flow_mad": round(day.flow_mad),
                }
                for day in series
            ]
            name = f'attachment; filename="station_{station.pk}_previ_record.csv"'
            return answer(rows, freshness, {"Content-Disposition": name})
        record = _record(station, series)
        references = _aligned_references(station, series)
        if references:
            record["data"]["references"] = references
        return answer(record, freshness)


class FlowAlertsData(_StationData):
    """Flow of one station beside its thresholds."""

    default_duration = 365

    @schema.flow_alerts_data
    @snapshot
    def get(self, request: Request, id: int, format: str | None = None) -> Response:  # noqa: A002, ARG002
        """Observed days, forecast and thresholds of a station, oldest first."""
        state = data_state()
        station = self._station(id)
        series = self._series(request, state, station)
        record = _record(station, series)
        observed = (day for day in series if not day.is_forecast)
        for item, day in zip(record["data"]["flow"], observed, strict=True):
            expected = day.flow_expected
            item["flow_expected"] = None if expected is None else float(round(expected))
        set_thresholds = {
            name: value for name in _THRESHOLDS if (value := getattr(station, name)) is not None
        }
        record["thresholds"] = [set_thresholds]
        return answer(record, Freshness.of(state.observed))


def _record(station: Stations, series: Sequence[FlowDay]) -> dict[str, Any]:
    items = [
        {
            "source": day.source,
            "date": day.date.isoformat(),
            "flow": float(round(day.flow)),
            "flow_mad": float(round(day.flow_mad)),
        }
        for day in series
    ]
    observed = sum(not day.is_forecast for day in series)
    return {
        "id": station.pk,
        "minibasin": station.minibasin_id,
        "city": station.name,
        "river": station.river,
        "unit": "m³/sec",
        "data": {"flow": items[:observed], "forecast": items[observed:]},
    }


def _aligned_references(station: Stations, series: Sequence[FlowDay]) -> list[dict[str, Any]]:
    """Reference series that have a flow on every day of the chart.

    Charts pair values by position, so a series with a hole would be drawn against the wrong days.
    """
    days = [(day.date.isoformat(), reference_day(day.date)) for day in series]
    if not days:
        return []
    wanted = {number for _, number in days}
    return [
        {
            "id": period,
            "data": [
                {"source": period, "date": text, "flow": float(round(flows[number]))} for text, number in days
            ],
        }
        for period, flows in station_references(station, wanted).items()
        if wanted <= flows.keys()
    ]
