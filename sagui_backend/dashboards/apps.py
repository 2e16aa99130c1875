"""The Django application; it has no tables of its own."""

from __future__ import annotations

from django.apps import AppConfig


class DashboardsConfig(AppConfig):
    """The dashboards."""

    name = "sagui_backend.dashboards"
    label = "dashboards"
    verbose_name = "Dashboards"
