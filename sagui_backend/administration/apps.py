"""The Django applications behind `/admin/`."""

from __future__ import annotations

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy as _

from sagui_backend.administration.names import name_models


class AdministrationConfig(AppConfig):
    """Forms, pages and tables of the administrators."""

    name = "sagui_backend.administration"
    label = "administration"
    verbose_name = _("Administration")

    def ready(self) -> None:
        """Name the models."""
        name_models()


class SaguiAdminConfig(AdminConfig):
    """Django's admin with this platform's site."""

    default_site = "sagui_backend.administration.site.SaguiAdminSite"
