"""Air categories, and who is told about which alerts."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import FilteredSelectMultiple
from django.db.models import Model
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from sagui_backend.administration.base import LabelledForm, RecordedAdmin, titled, without_shortcuts
from sagui_backend.administration.widgets import ColourWidget
from sagui_backend.sagui.models import AlertSubscriptions, AtmoAlertCategories

_CODES = tuple(f"a{rank}" for rank in range(6))


class AirCategoryForm(LabelledForm):
    """A class of air quality; classes do not overlap."""

    class Meta:
        model = AtmoAlertCategories
        fields = (
            "label", "label_fr", "label_en", "label_pt", "bounds_min", "bounds_max", "legend_label", "alert_label",
            "alert_code", "color",
        )  # fmt: skip
        labels: ClassVar = {
            "label": _("label"),
            "label_fr": _("label in French"),
            "label_en": _("label in English"),
            "label_pt": _("label in Portuguese"),
            "bounds_min": _("lower bound"),
            "bounds_max": _("upper bound"),
            "legend_label": _("text in the legend"),
            "alert_label": _("alert level in words"),
            "alert_code": _("alert code"),
            "color": _("colour"),
        }
        help_texts: ClassVar = {
            "legend_label": _("Shown instead of the bounds."),
            "alert_code": _("a0 (best) to a5 (worst)."),
        }
        widgets: ClassVar = {"color": ColourWidget}

    def clean_alert_code(self) -> str | None:
        """Refuse codes that no client knows."""
        code = self.cleaned_data["alert_code"]
        if code and code not in _CODES:
            raise forms.ValidationError(_("The alert code is one of a0, a1, a2, a3, a4, a5."))
        return code or None

    def clean(self) -> dict[str, Any]:
        """Check the bounds."""
        cleaned = super().clean() or self.cleaned_data
        low, high = cleaned.get("bounds_min"), cleaned.get("bounds_max")
        if low is None or high is None:
            return cleaned
        if low >= high:
            self.add_error("bounds_max", _("Must be larger than the lower bound."))
            return cleaned
        others = AtmoAlertCategories.objects.exclude(pk=self.instance.pk or "")
        overlapping = others.filter(bounds_min__lt=high, bounds_max__gt=low).first()
        if overlapping:
            message = _("The bounds overlap those of the category %(label)s.") % {"label": overlapping.label}
            self.add_error("bounds_min", message)
        return cleaned


@admin.register(AtmoAlertCategories)
class AirCategoryAdmin(RecordedAdmin):
    """Classes of air quality."""

    form = AirCategoryForm
    fields = AirCategoryForm.Meta.fields
    list_display = ("shown_label", "code", "low", "high", "colour")

    @admin.display(description=_("label"), ordering="label")
    def shown_label(self, category: AtmoAlertCategories) -> str:
        """Label."""
        return category.label

    @admin.display(description=_("alert code"), ordering="alert_code", empty_value="–")
    def code(self, category: AtmoAlertCategories) -> str | None:
        """Alert code."""
        return category.alert_code

    @admin.display(description=_("lower bound"), ordering="bounds_min")
    def low(self, category: AtmoAlertCategories) -> float:
        """Lower bound."""
        return category.bounds_min

    @admin.display(description=_("upper bound"), ordering="bounds_max")
    def high(self, category: AtmoAlertCategories) -> float:
        """Upper bound."""
        return category.bounds_max

    @admin.display(description=_("colour"))
    def colour(self, category: AtmoAlertCategories) -> SafeString:
        """Colour, shown; drawn without a style attribute, which the security policy forbids."""
        return format_html(
            '<svg width="48" height="16" role="img" aria-label="{0}"><rect width="48" height="16" fill="{1}" '
            'fill-opacity="{2}" stroke="#999"/></svg> {0}',
            category.color,
            category.color[:7],
            f"{int(category.color[7:9] or 'FF', 16) / 255:.2f}",
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:  # noqa: ARG002
        """The label is the key: another one would make another category."""
        return ("label",) if obj else ()


class SubscriptionForm(LabelledForm):
    """A subscription; a theme that is switched on says from when on to write."""

    rain_level = forms.ChoiceField(
        label=_("rain from"),
        required=False,
        choices=[
            ("0", _("not chosen")),
            ("5", _("5 mm per day (moderate)")),
            ("20", _("20 mm per day (heavy)")),
            ("50", _("50 mm per day (extreme)")),
        ],
    )

    class Meta:
        model = AlertSubscriptions
        fields = (
            "email", "language", "stations_flow_active", "stations_forecasts_active", "stations_watch",
            "rain_active", "rain_level", "atmo_active", "atmo_level",
        )  # fmt: skip
        labels: ClassVar = {
            "email": _("e-mail address"),
            "language": _("language"),
            "stations_flow_active": _("flow alerts"),
            "stations_forecasts_active": _("forecast alerts, 5 days ahead"),
            "stations_watch": _("stations"),
            "rain_active": _("rain alerts"),
            "atmo_active": _("air alerts"),
            "atmo_level": _("air from"),
        }

    def clean_rain_level(self) -> str:
        """Nothing chosen is level 0."""
        return self.cleaned_data["rain_level"] or "0"

    def clean(self) -> dict[str, Any]:
        """Check that station alerts name stations; the model checks the other themes."""
        cleaned = super().clean() or self.cleaned_data
        stations_active = cleaned.get("stations_flow_active") or cleaned.get("stations_forecasts_active")
        if stations_active and not cleaned.get("stations_watch"):
            self.add_error("stations_watch", _("Choose at least one station, or switch station alerts off."))
        return cleaned


@admin.register(AlertSubscriptions)
class SubscriptionAdmin(admin.ModelAdmin):
    """Who receives which alerts."""

    form = SubscriptionForm
    list_display = ("email", "language", "flow", "forecast", "rain", "air")
    list_filter = (("language", titled(admin.ChoicesFieldListFilter, _("language"))),)
    search_fields = ("email",)
    fieldsets = (
        (None, {"fields": ("email", "language")}),
        (_("Stations"), {"fields": ("stations_flow_active", "stations_forecasts_active", "stations_watch")}),
        (_("Rain"), {"fields": ("rain_active", "rain_level")}),
        (_("Air"), {"fields": ("atmo_active", "atmo_level")}),
    )

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **named: Any) -> Any:
        """Stations are chosen from two lists."""
        named["widget"] = FilteredSelectMultiple(_("stations"), is_stacked=False)
        return super().formfield_for_manytomany(db_field, request, **named)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **named: Any) -> Any:
        """Stations and categories are chosen, not edited."""
        field = super().formfield_for_dbfield(db_field, request, **named)
        return without_shortcuts(field) if db_field.is_relation else field

    @admin.display(description=_("flow alerts"), boolean=True)
    def flow(self, subscription: AlertSubscriptions) -> bool:
        """Whether flow alerts are on."""
        return subscription.stations_flow_active

    @admin.display(description=_("forecast alerts"), boolean=True)
    def forecast(self, subscription: AlertSubscriptions) -> bool:
        """Whether forecast alerts are on."""
        return subscription.stations_forecasts_active

    @admin.display(description=_("rain alerts"), boolean=True)
    def rain(self, subscription: AlertSubscriptions) -> bool:
        """Whether rain alerts are on."""
        return subscription.rain_active

    @admin.display(description=_("air alerts"), boolean=True)
    def air(self, subscription: AlertSubscriptions) -> bool:
        """Whether air alerts are on."""
        return subscription.atmo_active

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:  # noqa: ARG002
        """The address is the key: another one would make another subscription."""
        return ("email",) if obj else ()
