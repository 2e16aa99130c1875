"""The administrators' site: order of its pages, and the state of the data on its first page."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _

from sagui_backend.administration.series import series_states

SECTIONS = (
    (
        _("Stations and rivers"),
        ("Stations", "StationsReferenceFlow", "StationsReferenceFlowPeriod", "HyfaaGeoInclusionMask"),
    ),
    (_("Settings and alerts"), ("SaguiConfig", "AtmoAlertCategories", "AlertSubscriptions")),
    (_("Data"), ("ImportState", "ImportLog", "Publication", "ConfigurationChange", "Incident")),
)


class SaguiAdminSite(AdminSite):
    """Django's site, with our models in sections by task rather than by application."""

    site_header = site_title = "SAGUI"
    index_title = _("Administration")
    index_template = "administration/index.html"

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """First page."""
        return super().index(request, {**(extra_context or {}), "series_states": series_states()})

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """Sections of the first page and of the side bar; the page of one application stays Django's."""
        applications: list[dict[str, Any]] = super().get_app_list(request, app_label)
        if app_label:
            return applications
        ours = [entry for entry in applications if entry["app_label"] in {"sagui", "administration"}]
        models = {model["object_name"]: model for entry in ours for model in entry["models"]}
        sections = [
            {
                "name": title,
                "app_label": f"sagui-{number}",
                "app_url": "#",
                "has_module_perms": True,
                "models": [models[name] for name in names if name in models],
            }
            for number, (title, names) in enumerate(SECTIONS)
        ]
        others = [entry for entry in applications if entry not in ours]
        for entry in others:
            if entry["app_label"] == "axes":
                entry["name"] = _("Failed logins")
        return [*(section for section in sections if section["models"]), *others]
