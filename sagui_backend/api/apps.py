"""The Django application; it has no tables of its own."""

from __future__ import annotations

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The HTTP interface."""

    name = "sagui_backend.api"
    label = "api"
    verbose_name = "API"
