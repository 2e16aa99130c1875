"""Shapes of the answers, for the schema; answers themselves are plain dictionaries."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_field, inline_serializer
from rest_framework import serializers

from sagui_backend.api.levels import FLOW_LEVELS, FORECAST_LEVELS, RAIN_LEVELS

_SOURCES = ("forecast", "assimilated", "mgbstandard")


class ProblemSerializer(serializers.Serializer):
    """An error."""

    detail = serializers.CharField(help_text="What is wrong.")
    title = serializers.CharField(help_text="Name of the status.")
    status = serializers.IntegerField()
    errors = serializers.DictField(
        child=serializers.CharField(), required=False, help_text="What is wrong, by parameter."
    )


class RootSerializer(serializers.Serializer):
    """Addresses of the lists."""

    def get_fields(self) -> dict[str, serializers.Field]:
        """One address per key; keys hold dashes."""
        keys = (
            "dashboard", "flow-previ-stations-list", "flow-alerts-stations-list", "atmo-alerts-rasters",
            "swagger-ui", "openapi-schema", "atmo-alerts-classes", "rain-alerts-basins",
        )  # fmt: skip
        return {key: serializers.URLField() for key in keys}


class DashboardEntrySerializer(serializers.Serializer):
    """One theme."""

    id = serializers.ChoiceField(["flow_previ", "flow_alerts", "rain_alerts", "atmo_alerts"])
    alert_code = serializers.CharField(allow_null=True, help_text="Global level; null when it is unknown.")
    description = serializers.CharField(help_text="For people; do not parse.")
    histogram = serializers.DictField(
        child=serializers.IntegerField(min_value=0), help_text="Number per level, and of unknown ones."
    )
    attributes = serializers.DictField(help_text="Figures behind the code.")
    data_date = serializers.DateField(allow_null=True, help_text="Day of the data.")
    stale = serializers.BooleanField(help_text="The day is too long ago to be called today's situation.")


class PointSerializer(serializers.Serializer):
    """GeoJSON point, EPSG:4326."""

    type = serializers.ChoiceField(["Point"])
    coordinates = serializers.ListField(
        child=serializers.FloatField(), min_length=2, max_length=2, help_text="Longitude, latitude."
    )


class ForecastLevelSerializer(serializers.Serializer):
    """Level of a day against the reference flow."""

    date = serializers.DateField()
    flow = serializers.IntegerField(help_text="m³/s")
    level = serializers.ChoiceField(FORECAST_LEVELS)
    source = serializers.ChoiceField(_SOURCES)
    anomaly = serializers.IntegerField(help_text="Against the reference flow, percent.")


class FlowLevelSerializer(serializers.Serializer):
    """Level of a day against the thresholds."""

    date = serializers.DateField()
    level = serializers.ChoiceField(FLOW_LEVELS)


class _StationPropertiesSerializer(serializers.Serializer):
    url = serializers.URLField(help_text="Series of the station.")
    name = serializers.CharField()
    river = serializers.CharField(allow_null=True)
    minibasin = serializers.IntegerField()


class ForecastStationSerializer(_StationPropertiesSerializer):
    """A station and its levels, newest first; a day whose level is unknown is left out."""

    levels = ForecastLevelSerializer(many=True)


class FlowStationSerializer(_StationPropertiesSerializer):
    """A station and its levels, newest first; a day whose level is unknown is left out."""

    levels = FlowLevelSerializer(many=True)


def station_page(theme: str, properties: type[serializers.Serializer]) -> serializers.Serializer:
    """Shape of a page of stations."""
    feature = inline_serializer(
        f"{theme}Feature",
        {
            "id": serializers.IntegerField(),
            "type": serializers.ChoiceField(["Feature"]),
            "geometry": PointSerializer(),
            "properties": properties(),
        },
        many=True,
    )
    collection = inline_serializer(
        f"{theme}FeatureCollection",
        {"type": serializers.ChoiceField(["FeatureCollection"]), "features": feature},
    )
    return inline_serializer(
        f"{theme}Page",
        {
            "count": serializers.IntegerField(),
            "next": serializers.URLField(allow_null=True),
            "previous": serializers.URLField(allow_null=True),
            "results": collection,
        },
    )


class SeriesDaySerializer(serializers.Serializer):
    """A day of a station; days without a known flow are left out."""

    source = serializers.ChoiceField(_SOURCES)
    date = serializers.DateField()
    flow = serializers.FloatField(help_text="m³/s")
    flow_mad = serializers.FloatField(help_text="Spread of the ensemble, m³/s; 0 when unknown.")


class ObservedDaySerializer(SeriesDaySerializer):
    """An observed day."""

    flow_expected = serializers.FloatField(allow_null=True, help_text="Floating median, m³/s.")


class ReferenceDaySerializer(serializers.Serializer):
    """A day of a reference series."""

    source = serializers.CharField()
    date = serializers.DateField()
    flow = serializers.FloatField(help_text="m³/s")


class ReferenceSerializer(serializers.Serializer):
    """Reference flows of one period, on exactly the days of `flow` and `forecast`."""

    id = serializers.CharField()
    data = ReferenceDaySerializer(many=True)


class PreviSeriesSerializer(serializers.Serializer):
    """Series, oldest day first."""

    flow = SeriesDaySerializer(many=True)
    forecast = SeriesDaySerializer(many=True)
    references = ReferenceSerializer(
        many=True, required=False, help_text="Newest period first; absent when no period covers every day."
    )


class FlowSeriesSerializer(serializers.Serializer):
    """Series, oldest day first."""

    flow = ObservedDaySerializer(many=True)
    forecast = SeriesDaySerializer(many=True)


class ThresholdsSerializer(serializers.Serializer):
    """Thresholds that the station has, m³/s."""

    threshold_drought = serializers.FloatField(required=False)
    threshold_flood_low = serializers.FloatField(required=False)
    threshold_flood_mid = serializers.FloatField(required=False)
    threshold_flood_high = serializers.FloatField(required=False)


class _RecordSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    minibasin = serializers.IntegerField()
    city = serializers.CharField(help_text="Name of the station.")
    river = serializers.CharField(allow_null=True)
    unit = serializers.CharField()


class PreviRecordSerializer(_RecordSerializer):
    """Forecast of a station."""

    data = PreviSeriesSerializer()


class FlowRecordSerializer(_RecordSerializer):
    """Flow of a station."""

    data = FlowSeriesSerializer()
    thresholds = ThresholdsSerializer(many=True)


class RainBasinSerializer(serializers.Serializer):
    """Rain of a sub-basin."""

    id = serializers.CharField()
    rain = serializers.FloatField(help_text="mm per day")
    level = serializers.ChoiceField(RAIN_LEVELS)


class RainBasinsSerializer(serializers.Serializer):
    """Rain of the newest day."""

    date = serializers.DateField(allow_null=True)
    results = RainBasinSerializer(many=True)


class AtmoFileSerializer(serializers.Serializer):
    """Files of a day."""

    date = serializers.DateField()
    png = serializers.URLField()
    wld = serializers.URLField()
    geotiff = serializers.URLField()


@extend_schema_field({"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4})
class _BboxField(serializers.ListField):
    pass


class AtmoFilesSerializer(serializers.Serializer):
    """Images of the aerosol index."""

    count = serializers.IntegerField()
    description = serializers.CharField()
    classes = serializers.URLField()
    legend = serializers.URLField()
    extent = serializers.DictField(
        child=serializers.FloatField(),
        help_text="`east` and `west` are swapped for existing clients; see `bbox`.",
    )
    results = AtmoFileSerializer(many=True)
    bbox = _BboxField(help_text="West, south, east, north, degrees.")


class AtmoClassSerializer(serializers.Serializer):
    """A class of the aerosol index."""

    label = serializers.CharField()
    label_fr = serializers.CharField(allow_blank=True)
    label_en = serializers.CharField(allow_blank=True)
    label_pt = serializers.CharField(allow_blank=True)
    bounds_min = serializers.FloatField()
    bounds_max = serializers.FloatField()
    legend_label = serializers.CharField(allow_null=True)
    alert_code = serializers.CharField(allow_null=True)
    color = serializers.CharField(help_text="#RRGGBBAA")
    alert_label = serializers.CharField(allow_null=True)
