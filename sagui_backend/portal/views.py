"""Answers of the map page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.conf import settings
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from sagui_backend.api.base import ApiView, answer, snapshot
from sagui_backend.api.freshness import Freshness
from sagui_backend.api.parameters import duration
from sagui_backend.api.queries import DataState, FlowDay, data_state
from sagui_backend.api.stations import recent_days
from sagui_backend.portal import schema
from sagui_backend.portal.queries import cell_of, cell_rain, extent

DEFAULT_DAYS = 90
_DECIMALS = 2


class MapSettings(ApiView):
    """How the map page begins."""

    operation_action = "retrieve"

    @schema.map_settings
    @snapshot
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """Extent of the rivers, and the base map where one is configured."""
        return Response(
            {
                "extent": extent(),
                "basemap_url": settings.SAGUI_MAP_BASEMAP_URL,
                "basemap_attribution": settings.SAGUI_MAP_BASEMAP_ATTRIBUTION,
            }
        )


class CellData(ApiView):
    """Series of one model cell."""

    operation_action = "retrieve"

    @schema.cell_data
    @snapshot
    def get(self, request: Request, cell: int) -> Response:
        """Observed flow, usual flow, forecast with its spread, and rain of a cell, oldest first."""
        days = duration(request, DEFAULT_DAYS)
        record = cell_of(cell) if cell < 2**31 else None
        if record is None:
            raise NotFound(f"There is no cell {cell}.")
        state = data_state()
        series = recent_days(state, [cell], days)[cell]
        return answer(
            {**asdict(record), "unit": "m³/s", "data": _series(series) | {"rain": _rain(state, cell, days)}},
            Freshness.of(state.observed),
        )


def _series(days: Sequence[FlowDay]) -> dict[str, Any]:
    observed = [
        _entry(day)
        | {"flow_expected": None if day.flow_expected is None else round(day.flow_expected, _DECIMALS)}
        for day in days
        if not day.is_forecast
    ]
    return {"flow": observed, "forecast": [_entry(day) for day in days if day.is_forecast]}


def _entry(day: FlowDay) -> dict[str, Any]:
    return {
        "source": day.source,
        "date": day.date.isoformat(),
        "flow": round(day.flow, _DECIMALS),
        "flow_mad": round(day.flow_mad, _DECIMALS),
    }


def _rain(state: DataState, cell: int, days: int) -> list[dict[str, Any]]:
    newest = state.observed or state.rain
    if newest is None:
        return []
    return [
        {"date": day.isoformat(), "rain": round(rain, _DECIMALS)}
        for day, rain in cell_rain(cell, newest - timedelta(days=days))
    ]
