"""Air: images of the aerosol index, their classes, and the entry of the dashboard."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.conf import settings
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from sagui_backend.api import schema
from sagui_backend.api.air import AirDataUnreadable, AirPixels, class_of, image_days, pixels_of
from sagui_backend.api.base import ApiView, answer, link
from sagui_backend.api.formats import CsvRenderer, PageRenderer
from sagui_backend.api.freshness import Freshness
from sagui_backend.api.levels import UNKNOWN
from sagui_backend.api.parameters import duration
from sagui_backend.sagui.models import AtmoAlertCategories

_log = logging.getLogger(__name__)
_FOLDER_URL = "/atmo/styled/"
_DEFAULT_IMAGES = 10
_EXTENT = {"west": -57, "south": 1, "east": -50, "north": 7}
_CLASS_KEYS = (
    "label", "label_fr", "label_en", "label_pt", "bounds_min", "bounds_max", "legend_label", "alert_code", "color",
)  # fmt: skip


class AtmoFiles(ApiView):
    """Daily images."""

    @schema.atmo_files
    def get(self, request: Request, format: str | None = None) -> Response:  # noqa: A002
        """Images of the aerosol index, newest first: the 10 newest, or those of the last `duration` days."""
        days = duration(request, None)
        found = image_days(settings.SAGUI_PATH_TO_ATMO_FILES)
        if days is None:
            shown = found[:_DEFAULT_IMAGES]
        else:
            shown = [day for day in found if day > found[0] - timedelta(days=days)]
        body = {
            "count": len(shown),
            "description": "Absorbing aerosol index of Sentinel-5P, one image per day.",
            "classes": link(request, "atmo-classes", suffix=format),
            "legend": request.build_absolute_uri(f"{_FOLDER_URL}legend.png"),
            # Existing clients expect these two swapped; `bbox` has them right.
            "extent": {
                "east": _EXTENT["west"],
                "south": _EXTENT["south"],
                "west": _EXTENT["east"],
                "north": _EXTENT["north"],
            },
            "results": [
                {
                    "date": day.isoformat(),
                    **{
                        key: request.build_absolute_uri(f"{_FOLDER_URL}{day:%Y%m%d}_aai.{ending}")
                        for key, ending in (("png", "png"), ("wld", "wld"), ("geotiff", "tif"))
                    },
                }
                for day in shown
            ],
            "bbox": list(_EXTENT.values()),
        }
        return answer(body, Freshness.of(found[0] if found else None))


class AtmoClasses(ApiView):
    """Classes of the images."""

    operation_action = "list"
    renderer_classes = (JSONRenderer, PageRenderer, CsvRenderer)
    csv_columns = sorted(_CLASS_KEYS)

    @schema.atmo_classes
    def get(self, request: Request, format: str | None = None) -> Response:  # noqa: A002, ARG002
        """Classes of the aerosol index, lowest first."""
        classes = AtmoAlertCategories.objects.order_by("bounds_min").values(*_CLASS_KEYS, "alert_label")
        return Response(list(classes))


def air_section() -> tuple[dict[str, Any], Freshness] | None:
    """Entry of the dashboard; None while there are no images."""
    folder = settings.SAGUI_PATH_TO_ATMO_FILES
    days = image_days(folder)
    if not days:
        return None
    try:
        pixels = pixels_of(folder, days[0], settings.SAGUI_ATMO_ZONES_FILE)
    except AirDataUnreadable:
        _log.exception("The air entry has no alert code")
        pixels = None
    return _air_entry(pixels), Freshness.of(days[0])


def _air_entry(pixels: AirPixels | None) -> dict[str, Any]:
    classes = list(AtmoAlertCategories.objects.order_by("bounds_min").values_list("bounds_min", "alert_code"))
    bounds = [bound for bound, _ in classes]
    codes = [code or f"a{rank}" for rank, (_, code) in enumerate(classes)]
    rank = class_of(pixels.alert_value, bounds) if pixels else None
    counts = pixels.per_class(bounds) if pixels else [0] * len(codes)
    statistics = pixels.statistics() if pixels else {}
    return {
        "id": "atmo_alerts",
        "alert_code": None if rank is None else codes[rank],
        "description": "10th largest aerosol index in the zones of interest; histogram: pixels.",
        "histogram": dict(zip(codes, counts, strict=True)) | {UNKNOWN: pixels.missing if pixels else 0},
        "attributes": {
            name: {"value": value, "description": description}
            for name, (value, description) in statistics.items()
        },
    }
