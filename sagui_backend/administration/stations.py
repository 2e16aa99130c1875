"""Stations and their thresholds."""

from __future__ import annotations

import itertools
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db import connection
from django.http import HttpRequest
from django.utils.formats import localize
from django.utils.translation import gettext_lazy as _

from sagui_backend.administration.base import LabelledForm, MapAdmin, without_shortcuts
from sagui_backend.administration.sql_text import statement
from sagui_backend.sagui.models import THRESHOLDS, Stations
from sagui_pipelines.hydro.conversion import Conversion, parse_conversion

NO_THRESHOLD = -9999
_FAR_KM = 5
_LABELS = {
    "threshold_drought": _("drought"),
    "threshold_flood_low": _("low flood"),
    "threshold_flood_mid": _("medium flood"),
    "threshold_flood_high": _("high flood"),
}


class ThresholdField(forms.FloatField):
    """A flow [m3/s], or nothing; -9999 is the spreadsheet's way to write nothing."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "size": 12})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, localize=True, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """The number shown; whole ones without decimals."""
        return _short(value)

    def to_python(self, value: Any) -> float | None:
        """The number entered."""
        number = super().to_python(value)
        return None if number == NO_THRESHOLD else number

    def validate(self, value: float | None) -> None:
        """Refuse what is no flow."""
        super().validate(value)
        if value is not None and value < 0:
            raise forms.ValidationError(
                _("A threshold is a flow of 0 m³/s or more; leave it empty when there is none.")
            )


class StationForm(LabelledForm):
    """A station; thresholds that exist must increase."""

    threshold_drought = ThresholdField(
        label=_("drought"),
        help_text=_("Drought below this flow [m³/s]. Empty: the station has no such level."),
    )
    threshold_flood_low = ThresholdField(
        label=_("low flood"), help_text=_("Low flood from this flow on [m³/s]. Empty: no such level.")
    )
    threshold_flood_mid = ThresholdField(
        label=_("medium flood"), help_text=_("Medium flood from this flow on [m³/s]. Empty: no such level.")
    )
    threshold_flood_high = ThresholdField(
        label=_("high flood"), help_text=_("High flood from this flow on [m³/s]. Empty: no such level.")
    )

    class Meta:
        model = Stations
        fields = ("code", "name", "river", "minibasin", *THRESHOLDS, "reference_conversion", "geom")
        labels: ClassVar = {
            "code": _("code"),
            "name": _("name"),
            "river": _("river"),
            "minibasin": _("minibasin"),
            "reference_conversion": _("conversion of the reference flows"),
            "geom": _("position"),
        }
        help_texts: ClassVar = {
            "code": _("Stable code by which imports recognise the station."),
            "minibasin": _(
                "Cell of the model whose flow the station shows. Type its number, or click a river."
            ),
            "reference_conversion": _(
                "Formula that made the delivered reference flows from flows f of the model, such as f / 1.5 - 200 or "
                "f ** 0.93 - 200. It is undone before flows are compared. Empty: they are flows of the model."
            ),
            "geom": _(
                "Where the map shows the station; it need not lie on the river. Empty: in the middle of its river line."
            ),
        }

    def clean_reference_conversion(self) -> str | None:
        """Refuse what is no such formula."""
        formula = (self.cleaned_data["reference_conversion"] or "").strip()
        try:
            identity = parse_conversion(formula) == Conversion()
        except ValueError as error:
            raise forms.ValidationError(
                _("This is no formula such as f / 1.5 - 200 or f ** 0.93 - 200.")
            ) from error
        return None if identity else formula

    def clean(self) -> dict[str, Any]:
        """Check that the thresholds increase."""
        cleaned = super().clean() or self.cleaned_data
        known = [(name, cleaned[name]) for name in THRESHOLDS if cleaned.get(name) is not None]
        for (lower, below), (name, value) in itertools.pairwise(known):
            if value <= below:
                self.add_error(
                    name,
                    forms.ValidationError(
                        _("Must be larger than the threshold of %(level)s, %(value)s m³/s."),
                        params={"level": _LABELS[lower], "value": localize(_short(below))},
                    ),
                )
        return cleaned


@admin.register(Stations)
class StationsAdmin(MapAdmin):
    """Stations."""

    form = StationForm
    gis_widget_kwargs: ClassVar = {"attrs": {"minibasin_field": "id_minibasin"}}
    autocomplete_fields = ("minibasin",)
    list_display = ("id", "shown_name", "shown_river", "shown_minibasin", "drought", "low", "medium", "high")
    list_display_links = ("id", "shown_name")
    search_fields = ("name", "code", "river")
    list_per_page = 200
    fieldsets = (
        (None, {"fields": ("name", "code", "river")}),
        (_("Thresholds"), {"fields": THRESHOLDS}),
        (_("Reference flows"), {"fields": ("reference_conversion",)}),
        (_("Place"), {"fields": ("minibasin", "geom")}),
    )

    @admin.display(description=_("name"), ordering="name")
    def shown_name(self, station: Stations) -> str:
        """Name."""
        return station.name

    @admin.display(description=_("river"), ordering="river", empty_value="–")
    def shown_river(self, station: Stations) -> str | None:
        """River."""
        return station.river

    @admin.display(description=_("minibasin"), ordering="minibasin_id")
    def shown_minibasin(self, station: Stations) -> int:
        """Minibasin, without reading its line."""
        return int(station.minibasin_id)

    @admin.display(description=_LABELS["threshold_drought"], ordering="threshold_drought", empty_value="–")
    def drought(self, station: Stations) -> float | None:
        """Drought threshold."""
        return _short(station.threshold_drought)

    @admin.display(
        description=_LABELS["threshold_flood_low"], ordering="threshold_flood_low", empty_value="–"
    )
    def low(self, station: Stations) -> float | None:
        """Threshold of low flood."""
        return _short(station.threshold_flood_low)

    @admin.display(
        description=_LABELS["threshold_flood_mid"], ordering="threshold_flood_mid", empty_value="–"
    )
    def medium(self, station: Stations) -> float | None:
        """Threshold of medium flood."""
        return _short(station.threshold_flood_mid)

    @admin.display(
        description=_LABELS["threshold_flood_high"], ordering="threshold_flood_high", empty_value="–"
    )
    def high(self, station: Stations) -> float | None:
        """Threshold of high flood."""
        return _short(station.threshold_flood_high)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **named: Any) -> Any:
        """Minibasins are looked up, not edited."""
        field = super().formfield_for_dbfield(db_field, request, **named)
        return without_shortcuts(field) if db_field.is_relation else field

    def save_model(self, request: HttpRequest, obj: Stations, form: forms.ModelForm, change: bool) -> None:
        """Save, and tell when the station stands far from its river."""
        super().save_model(request, obj, form, change)
        distance = _distance_km(obj.pk)
        if distance is not None and distance > _FAR_KM:
            messages.warning(
                request,
                _(
                    "The station stands %(distance)d km from the river of minibasin %(mini)d; please check both."
                )
                % {"distance": round(distance), "mini": obj.minibasin_id},
            )


def _short(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _distance_km(station: int) -> float | None:
    with connection.cursor() as cursor:
        cursor.execute(statement("station_distance"), [station])
        [(metres,)] = cursor.fetchall()
    return None if metres is None else metres / 1000
