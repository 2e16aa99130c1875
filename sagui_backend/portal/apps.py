"""The Django application; it has no tables of its own."""

from __future__ import annotations

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """The map page."""

    name = "sagui_backend.portal"
    label = "portal"
    verbose_name = "Map page"
