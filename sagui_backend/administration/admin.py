"""Registers every page of the admin."""

from __future__ import annotations

from axes.admin import AccessAttemptAdmin
from axes.models import AccessAttempt
from django.contrib import admin

from sagui_backend.administration import (
    alerts,
    geography,
    incidents,
    reference,
    settings_page,
    state,
    stations,
)

__all__ = ["alerts", "geography", "incidents", "reference", "settings_page", "state", "stations"]

# Failed logins: deleting them lifts a lock. The other tables of that library are not filled here.
admin.site.register(AccessAttempt, AccessAttemptAdmin)
