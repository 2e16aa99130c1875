"""Stations, their thresholds, and the usual flow on each day of the year."""

from __future__ import annotations

from itertools import combinations

from django.contrib.gis.db import models
from django.db.models import F, Q

from sagui_pipelines.hydro.conversion import LONGEST_FORMULA, PATTERN

THRESHOLDS = ("threshold_drought", "threshold_flood_low", "threshold_flood_mid", "threshold_flood_high")


def _threshold(meaning: str) -> models.FloatField:
    return models.FloatField(null=True, blank=True, help_text=f"{meaning} [m3/s]; empty: no such level.")


def _all(conditions: list[Q]) -> Q:
    combined = Q()
    for condition in conditions:
        combined &= condition
    return combined


class Stations(models.Model):
    """A place on a river whose flow is compared with thresholds and with the usual flow."""

    code = models.CharField(max_length=50, unique=True, help_text="Stable code that imports match.")
    name = models.CharField(max_length=50, unique=True)
    river = models.CharField(max_length=50, null=True, blank=True)
    minibasin = models.ForeignKey(
        "HyfaaDrainage", models.PROTECT, db_column="minibasin_id", related_name="stations"
    )
    threshold_drought = _threshold("Drought below this flow")
    threshold_flood_low = _threshold("Low flood from this flow on")
    threshold_flood_mid = _threshold("Medium flood from this flow on")
    threshold_flood_high = _threshold("High flood from this flow on")
    geom = models.PointField(srid=4326, null=True, blank=True, help_text="Where the map shows the station.")
    reference_conversion = models.CharField(
        max_length=LONGEST_FORMULA,
        null=True,
        blank=True,
        help_text="Formula that made the reference flows from flows f of the model; empty: none.",
    )
    imported = models.JSONField(
        default=dict, db_default={}, editable=False, help_text="Values as last imported, to recognise edits."
    )

    class Meta:
        db_table = "hyfaa_stations"
        ordering = ("id",)
        verbose_name = "station"
        verbose_name_plural = "stations"
        constraints = (
            models.CheckConstraint(
                name="hyfaa_stations_thresholds_positive",
                condition=_all([Q(**{f"{name}__gte": 0}) for name in THRESHOLDS]),
                violation_error_message="A threshold is a flow of 0 m3/s or more; leave it empty when there is none.",
            ),
            models.CheckConstraint(
                name="hyfaa_stations_thresholds_increase",
                condition=_all([Q(**{f"{low}__lt": F(high)}) for low, high in combinations(THRESHOLDS, 2)]),
                violation_error_message="Thresholds must increase: drought, low, medium, high flood.",
            ),
            models.CheckConstraint(
                name="hyfaa_stations_reference_conversion", condition=Q(reference_conversion__regex=PATTERN)
            ),
        )

    def __str__(self) -> str:
        return self.name


class StationsReferenceFlowPeriod(models.Model):
    """A span of years whose mean flows serve as reference."""

    id = models.AutoField(primary_key=True)
    period = models.CharField(max_length=20, unique=True)
    provenance = models.TextField(
        db_default="", editable=False, help_text="Newest file that flows of the period were loaded from."
    )

    class Meta:
        db_table = "stations_reference_flow_period"
        ordering = ("-period",)
        verbose_name = "reference period"
        verbose_name_plural = "reference periods"

    def __str__(self) -> str:
        return self.period


class StationsReferenceFlow(models.Model):
    """Mean flow of a station on a day of the year over a reference period."""

    id = models.AutoField(primary_key=True)
    period = models.ForeignKey(StationsReferenceFlowPeriod, models.CASCADE, db_index=False)
    day_of_year = models.IntegerField()
    station = models.ForeignKey(Stations, models.CASCADE, db_index=False)
    flow = models.FloatField(help_text="[m3/s]")

    class Meta:
        db_table = "stations_reference_flow"
        constraints = (
            models.UniqueConstraint(
                name="stations_reference_flow_unique", fields=("period", "day_of_year", "station")
            ),
            models.CheckConstraint(
                name="stations_reference_flow_day", condition=Q(day_of_year__gte=1, day_of_year__lte=366)
            ),
            models.CheckConstraint(name="stations_reference_flow_positive", condition=Q(flow__gte=0)),
        )
        indexes = (
            models.Index(
                name="stations_reference_flow_series",
                fields=("station", "period", "day_of_year"),
                include=("flow",),
            ),
        )

    def __str__(self) -> str:
        return f"{self.station}, {self.period}, day {self.day_of_year}"
