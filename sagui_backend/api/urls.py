"""Addresses of the API. No trailing slash but where the contract has one; a slash after a suffix is tolerated."""

from __future__ import annotations

from django.urls import URLPattern, path, re_path
from django.views import View
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularJSONAPIView, SpectacularSwaggerView
from rest_framework.urlpatterns import format_suffix_patterns

from sagui_backend.api.atmosphere import AtmoClasses, AtmoFiles
from sagui_backend.api.dashboard import Dashboard
from sagui_backend.api.rain import RainBasins
from sagui_backend.api.root import Root
from sagui_backend.api.stations import FlowAlertsData, FlowAlertsStations, FlowPreviData, FlowPreviStations


def _endpoint(route: str, view: type[View], name: str, *, csv: bool = False) -> list[URLPattern]:
    pattern = path(f"api/v1/{route}", view.as_view(), name=name)
    patterns: list[URLPattern] = format_suffix_patterns(
        [pattern], allowed=["json", "csv"] if csv else ["json"]
    )
    return patterns


urlpatterns = [
    path("", RedirectView.as_view(url="/api/v1/")),
    path("api/", RedirectView.as_view(url="/api/schema/swagger-ui/")),
    path("api/v1", RedirectView.as_view(url="/api/v1/", permanent=True)),
    *_endpoint("", Root, "root"),
    re_path(r"^api/v1/\.json/?$", RedirectView.as_view(url="/api/v1.json")),
    *_endpoint("dashboard", Dashboard, "dashboard"),
    *_endpoint("flow_previ/stations", FlowPreviStations, "flow-previ-stations-list"),
    *_endpoint("flow_previ/stations/<int:id>/data", FlowPreviData, "flow-previ-stations-data", csv=True),
    *_endpoint("flow_alerts/stations", FlowAlertsStations, "flow-alerts-stations-list"),
    *_endpoint("flow_alerts/stations/<int:id>/data", FlowAlertsData, "flow-alerts-stations-data"),
    *_endpoint("rain_alerts/basins", RainBasins, "rain-basins"),
    *_endpoint("atmo/files", AtmoFiles, "atmo-files"),
    *_endpoint("atmo/classes", AtmoClasses, "atmo-classes", csv=True),
    path("api/schema/", SpectacularAPIView.as_view(), name="openapi-schema"),
    re_path(r"^api/schema\.json/?$", SpectacularJSONAPIView.as_view()),
    path(
        "api/schema/swagger-ui/",
        SpectacularSwaggerView.as_view(url_name="openapi-schema", template_name="api/swagger_ui.html"),
        name="swagger-ui",
    ),
]
