"""Rivers, which are only looked at, and the mask that restricts what the map shows."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from sagui_backend.administration.base import LabelledForm, MapAdmin, ReadOnlyAdmin
from sagui_backend.administration.sql_text import statement
from sagui_backend.sagui.models import HyfaaDrainage, HyfaaGeoInclusionMask

_VIEWERS = ("sagui.view_stations", "sagui.view_hyfaageoinclusionmask")


@admin.register(HyfaaDrainage)
class DrainageAdmin(ReadOnlyAdmin):
    """Rivers: looked up by number in the station form, drawn on its map; no pages of their own."""

    search_fields = ("mini__startswith",)
    ordering = ("mini",)

    def has_module_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """No entry in the menu."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        """Whoever sees stations or masks sees rivers."""
        return any(request.user.has_perm(permission) for permission in _VIEWERS)

    def get_queryset(self, request: HttpRequest) -> QuerySet[HyfaaDrainage]:
        """Rivers without their lines."""
        return super().get_queryset(request).defer("geom")

    def get_urls(self) -> list[URLPattern]:
        """Address of a line, before Django's own pages."""
        line = self.admin_site.admin_view(self.line, cacheable=True)
        return [path("line.json", line, name="sagui_hyfaadrainage_line"), *super().get_urls()]

    def line(self, request: HttpRequest) -> HttpResponse:
        """The whole river line of one minibasin (`mini`) as GeoJSON; tiles hold pieces of it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = _LineForm(request.GET)
        if not form.is_valid():
            return HttpResponse(form.errors.as_json(), status=400, content_type="application/json")
        with connection.cursor() as cursor:
            cursor.execute(statement("river_line"), form.cleaned_data)
            [(text,)] = cursor.fetchall()
        headers = {"Cache-Control": "private, max-age=300"}
        return HttpResponse(text, content_type="application/json", headers=headers)


class _LineForm(forms.Form):
    mini = forms.IntegerField(min_value=1, max_value=2**31 - 1)


class MaskForm(LabelledForm):
    """An area of the mask."""

    class Meta:
        model = HyfaaGeoInclusionMask
        fields = ("name", "mask")
        labels: ClassVar = {"name": _("name"), "mask": _("area")}
        help_texts: ClassVar = {
            "mask": _("The map shows the rivers that touch an area; all rivers while there is no area.")
        }

    def clean_mask(self) -> Any:
        """Refuse areas whose border crosses itself: the map would lose rivers at random."""
        mask = self.cleaned_data["mask"]
        if mask and not mask.valid:
            raise forms.ValidationError(_("The border of the area crosses itself; draw it anew."))
        return mask


@admin.register(HyfaaGeoInclusionMask)
class InclusionMaskAdmin(MapAdmin):
    """Areas whose rivers the map shows."""

    form = MaskForm
    list_display = ("id", "shown_name")
    list_display_links = ("id", "shown_name")

    @admin.display(description=_("name"), ordering="name", empty_value="–")
    def shown_name(self, mask: HyfaaGeoInclusionMask) -> str | None:
        """Name."""
        return mask.name

    def get_queryset(self, request: HttpRequest) -> QuerySet[HyfaaGeoInclusionMask]:
        """Areas by number."""
        return super().get_queryset(request).order_by("id")
