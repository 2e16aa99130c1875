"""Rain per sub-basin."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from sagui_backend.api import schema
from sagui_backend.api.base import ApiView, answer, snapshot
from sagui_backend.api.freshness import Freshness
from sagui_backend.api.levels import rain_level
from sagui_backend.api.queries import data_state, rain_basins


class RainBasins(ApiView):
    """Rain of the newest day per sub-basin."""

    @schema.rain_basins
    @snapshot
    def get(self, request: Request, format: str | None = None) -> Response:  # noqa: A002, ARG002
        """Mean rain of each sub-basin on the newest day, with its level."""
        day = data_state().rain
        results = [
            {"id": f"sub_{basin}", "rain": round(rain, 1), "level": rain_level(rain)}
            for basin, rain in rain_basins(day).items()
        ]
        return answer({"date": day.isoformat() if day else None, "results": results}, Freshness.of(day))
