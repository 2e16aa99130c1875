"""Addresses of the light layers. A layer's name has no slash; its tiles are the tile server's."""

from __future__ import annotations

from django.urls import path, re_path

from sagui_backend.light import catalogue, values

urlpatterns = [
    path("api/values/", values.described, name="values"),
    path("api/values/cells", values.described, name="values-cells"),
    path("api/values/subbasins", values.described, name="values-subbasins"),
    path("api/values/<str:series>/<str:day>", values.of_day, name="values-day"),
    path("tiles/", catalogue.listed, name="tiles"),
    path("tiles/index.html", catalogue.listed),
    re_path(r"^tiles/(?:index|[^/]+)\.json$", catalogue.described, name="tiles-json"),
    re_path(r"^tiles/(?P<layer>[^/]+)\.html$", catalogue.preview, name="tiles-preview"),
]
