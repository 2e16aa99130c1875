"""Addresses of the dashboards."""

from __future__ import annotations

from django.urls import path

from sagui_backend.dashboards.views import FlowTablePage, OverviewPage

urlpatterns = [
    path("dashboards/", OverviewPage.as_view(), name="dashboards"),
    path("dashboards/flow/", FlowTablePage.as_view(), name="dashboards-flow"),
]
