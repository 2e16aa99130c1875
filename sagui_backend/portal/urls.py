"""Addresses behind the map page."""

from __future__ import annotations

from django.urls import path

from sagui_backend.portal.views import CellData, MapSettings

urlpatterns = [
    path("api/v1/map", MapSettings.as_view(), name="map"),
    path("api/v1/cells/<int:cell>/data", CellData.as_view(), name="cell-data"),
]
