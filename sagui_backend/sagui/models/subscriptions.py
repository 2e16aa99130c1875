"""Classes of air quality, and who is told about which alerts."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext as _

from sagui_backend.sagui.models.stations import Stations


class AtmoAlertCategories(models.Model):
    """A class of the aerosol index, from `bounds_min` to `bounds_max`."""

    label = models.CharField(max_length=50, primary_key=True)
    label_fr = models.CharField(max_length=50, default="", db_default="", blank=True)
    label_en = models.CharField(max_length=50, default="", db_default="", blank=True)
    label_pt = models.CharField(max_length=50, default="", db_default="", blank=True)
    bounds_min = models.FloatField()
    bounds_max = models.FloatField()
    legend_label = models.CharField(
        max_length=50, null=True, blank=True, help_text="Shown instead of the bounds."
    )
    alert_label = models.CharField(max_length=50, null=True, blank=True)
    alert_code = models.CharField(max_length=2, null=True, blank=True, unique=True, help_text="a0 to a5.")
    color = models.CharField(
        max_length=18, validators=[RegexValidator(r"^#[0-9A-Fa-f]{8}$", "A colour is written #RRGGBBAA.")]
    )

    class Meta:
        db_table = "sagui_atmoalertcategories"
        ordering = ("bounds_min",)
        verbose_name = "air category"
        verbose_name_plural = "air categories"
        constraints = (
            models.CheckConstraint(
                name="sagui_atmoalertcategories_bounds", condition=Q(bounds_min__lt=F("bounds_max"))
            ),
        )

    def __str__(self) -> str:
        return self.label


class AlertSubscriptions(models.Model):
    """Who receives which alerts."""

    class Language(models.TextChoices):
        """Languages of messages."""

        FRENCH = "fr", "Français"
        ENGLISH = "en", "English"
        PORTUGUESE = "pt-br", "Português (Brasil)"

    class RainLevel(models.TextChoices):
        """Rain from which to write [mm/day]."""

        ANY = "0"
        MODERATE = "5"
        HEAVY = "20"
        EXTREME = "50"

    email = models.EmailField(primary_key=True)
    language = models.CharField(max_length=5, choices=Language, default=Language.FRENCH, db_default="fr")
    stations_forecasts_active = models.BooleanField(default=False, db_default=False)
    stations_flow_active = models.BooleanField(default=False, db_default=False)
    stations_watch = models.ManyToManyField(Stations, blank=True)
    rain_active = models.BooleanField(default=False, db_default=False)
    rain_level = models.CharField(
        max_length=20, null=True, blank=True, choices=RainLevel, default=RainLevel.ANY, db_default="0"
    )
    atmo_active = models.BooleanField(default=False, db_default=False)
    atmo_level = models.ForeignKey(AtmoAlertCategories, models.SET_NULL, null=True, blank=True)

    class Meta:
        db_table = "sagui_alertsubscriptions"
        verbose_name = "alert subscription"
        verbose_name_plural = "alert subscriptions"
        constraints = (
            models.CheckConstraint(
                name="sagui_alertsubscriptions_language", condition=Q(language__in=("fr", "en", "pt-br"))
            ),
            models.CheckConstraint(
                name="sagui_alertsubscriptions_rain_level", condition=Q(rain_level__in=("0", "5", "20", "50"))
            ),
        )

    def __str__(self) -> str:
        return self.email

    def clean(self) -> None:
        """Refuse an alert that says yes without saying from which level on."""
        errors = {}
        if self.rain_active and self.rain_level in {None, "", self.RainLevel.ANY}:
            errors["rain_level"] = _("Choose from which rain on to write, or switch rain alerts off.")
        if self.atmo_active and not self.atmo_level_id:
            errors["atmo_level"] = _("Choose from which air category on to write, or switch air alerts off.")
        if errors:
            raise ValidationError(errors)
