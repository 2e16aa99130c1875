"""The Django application."""

from __future__ import annotations

from django.apps import AppConfig


class SaguiAppConfig(AppConfig):
    """The one application of the backend."""

    name = "sagui_backend.sagui"
    label = "sagui"
    verbose_name = "SAGUI"
