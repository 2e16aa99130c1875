"""Addresses of the backend."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from django.views.i18n import set_language

from sagui_backend.sagui import health

handler400 = "sagui_backend.api.errors.bad_request"
handler404 = "sagui_backend.api.errors.not_found"
handler500 = "sagui_backend.api.errors.server_error"

urlpatterns = [
    path("api/health/live", health.live),
    path("api/health/ready", health.ready),
    path("", include("sagui_backend.edge.urls")),
    path("admin/language", set_language, name="admin_language"),
    path("admin/", admin.site.urls),
    path("", include("sagui_backend.dashboards.urls")),
    path("", include("sagui_backend.portal.urls")),
    path("", include("sagui_backend.light.urls")),
    path("", include("sagui_backend.api.urls")),
]
