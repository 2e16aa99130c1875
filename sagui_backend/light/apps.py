"""The Django application and the tables that publications fill."""

from __future__ import annotations

from django.apps import AppConfig


class LightConfig(AppConfig):
    """Light layers: values, TileJSON, previews."""

    name = "sagui_backend.light"
    label = "light"
    verbose_name = "Light layers"
