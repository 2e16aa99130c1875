"""Rivers, which are only looked at, and the mask that restricts what the map shows."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.gis.admin import GISModelAdmin
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from sagui_backend.administration.base import LabelledForm, ReadOnlyAdmin, RecordedAdmin
from sagui_backend.administration.sql_text import statement
from sagui_backend.administration.widgets import MapWidget
from sagui_backend.sagui.models import HyfaaDrainage, HyfaaGeoInclusionMask

_MOST_LINES = 5000
_WORLD = (-180.0, -90.0, 180.0, 90.0)
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
        """Address of the lines, before Django's own pages."""
        lines = self.admin_site.admin_view(self.lines, cacheable=True)
        return [path("lines.json", lines, name="sagui_hyfaadrainage_lines"), *super().get_urls()]

    def lines(self, request: HttpRequest) -> HttpResponse:
        """River lines as GeoJSON: of a window (`bbox`, `zoom`) or of one minibasin (`mini`)."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = _LinesForm(request.GET)
        if not form.is_valid():
            return HttpResponse(form.errors.as_json(), status=400, content_type="application/json")
        with connection.cursor() as cursor:
            cursor.execute(statement("river_lines"), form.parameters())
            [(text,)] = cursor.fetchall()
        headers = {"Cache-Control": "private, max-age=300"}
        return HttpResponse(text, content_type="application/json", headers=headers)


class _LinesForm(forms.Form):
    bbox = forms.RegexField(r"^-?[\d.]+(?:,-?[\d.]+){3}$", required=False, max_length=120)
    zoom = forms.IntegerField(min_value=0, max_value=22, required=False)
    mini = forms.IntegerField(min_value=1, max_value=2**31 - 1, required=False)

    def clean_bbox(self) -> tuple[float, ...]:
        text = self.cleaned_data["bbox"]
        if not text:
            return _WORLD
        try:
            return tuple(float(number) for number in text.split(","))
        except ValueError as error:
            raise forms.ValidationError("not four numbers: west,south,east,north") from error

    def parameters(self) -> dict[str, Any]:
        west, south, east, north = self.cleaned_data["bbox"]
        zoom = self.cleaned_data["zoom"]
        return {
            "west": west,
            "south": south,
            "east": east,
            "north": north,
            "mini": self.cleaned_data["mini"],
            "most": _MOST_LINES,
            "tolerance": 0.0 if zoom is None else 360 / 256 / 2**zoom,
        }


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
class InclusionMaskAdmin(RecordedAdmin, GISModelAdmin):
    """Areas whose rivers the map shows."""

    form = MaskForm
    gis_widget = MapWidget
    list_display = ("id", "shown_name")
    list_display_links = ("id", "shown_name")

    @admin.display(description=_("name"), ordering="name", empty_value="–")
    def shown_name(self, mask: HyfaaGeoInclusionMask) -> str | None:
        """Name."""
        return mask.name

    def get_queryset(self, request: HttpRequest) -> QuerySet[HyfaaGeoInclusionMask]:
        """Areas by number."""
        return super().get_queryset(request).order_by("id")
