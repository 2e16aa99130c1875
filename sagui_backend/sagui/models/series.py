"""Daily series per model cell. HYFAA computes them, the pipelines write them, nobody edits them."""

from __future__ import annotations

from django.db import models


class _FlowSeries(models.Model):
    cell_id = models.IntegerField(help_text="Minibasin, 1-based position in HYFAA's arrays.")
    date = models.DateField(help_text="Day of validity, UTC.")

    class Meta:
        abstract = True


class _State(models.Model):
    update_time = models.DateTimeField(null=True, help_text="When HYFAA computed the day.")
    is_analysis = models.BooleanField(
        null=True, help_text="True when satellite levels were assimilated on this day."
    )
    flow_expected = models.FloatField(null=True, help_text="Floating median [m3/s]; NULL in the first year.")
    flow_anomaly = models.FloatField(
        null=True, help_text="200 (flow - expected) / (flow + expected) [%]; NULL when either is."
    )

    class Meta:
        abstract = True


class _Ensemble(models.Model):
    elevation_mean = models.FloatField(null=True)
    flow_mean = models.FloatField(null=True)
    elevation_median = models.FloatField(null=True)
    flow_median = models.FloatField(null=True)
    elevation_stddev = models.FloatField(null=True)
    flow_stddev = models.FloatField(null=True)
    elevation_mad = models.FloatField(null=True)
    flow_mad = models.FloatField(null=True)

    class Meta:
        abstract = True


class HyfaaDataMgbstandard(_State, _FlowSeries):
    """Model without assimilation, one member. Partitioned by year of `date`."""

    pk = models.CompositePrimaryKey("cell_id", "date")
    elevation_mean = models.FloatField(null=True, help_text="Water level [m].")
    flow_mean = models.FloatField(null=True, help_text="Discharge [m3/s].")

    class Meta:
        db_table = "hyfaa_data_mgbstandard"


class HyfaaDataAssimilated(_State, _Ensemble, _FlowSeries):
    """Model with assimilated satellite levels. Partitioned by year of `date`."""

    pk = models.CompositePrimaryKey("cell_id", "date")

    class Meta:
        db_table = "hyfaa_data_assimilated"


class HyfaaDataForecast(_State, _Ensemble, _FlowSeries):
    """The newest forecast issue, driven by the rain of earlier years."""

    pk = models.CompositePrimaryKey("cell_id", "date")

    class Meta:
        db_table = "hyfaa_data_forecast"


class HyfaaDataForecastArchive(_State, _Ensemble, _FlowSeries):
    """Every forecast issue, for verification. Partitioned by year of `issue_date`."""

    pk = models.CompositePrimaryKey("issue_date", "cell_id", "date")
    issue_date = models.DateField(help_text="Day the forecast was issued, UTC.")

    class Meta:
        db_table = "hyfaa_data_forecast_archive"


class SaguiRainfall(models.Model):
    """Daily rain per cell. Partitioned by year of `date`."""

    pk = models.CompositePrimaryKey("cell_id", "date")
    cell_id = models.IntegerField()
    date = models.DateField(help_text="Day of the rain, 00:00 to 24:00 UTC.")
    rain = models.FloatField(help_text="Rain [mm/day].")

    class Meta:
        db_table = "sagui_rainfall"
