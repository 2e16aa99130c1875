"""What the OpenAPI schema says about the map page's addresses."""

from __future__ import annotations

from rest_framework import serializers

from sagui_backend.api.schema import BAD_PARAMETER, described, duration_parameter, missing
from sagui_backend.api.serializers import ObservedDaySerializer, SeriesDaySerializer


class MapSettingsSerializer(serializers.Serializer):
    """How the map page begins."""

    extent = serializers.ListField(
        child=serializers.FloatField(),
        min_length=4,
        max_length=4,
        allow_null=True,
        help_text="West, south, east, north of all rivers in degrees; null when none is loaded.",
    )
    basemap_url = serializers.CharField(help_text="Raster tiles with {z}, {x} and {y}; empty: a plain map.")
    basemap_attribution = serializers.CharField(help_text="Whom to name on the base map.")


class RainDaySerializer(serializers.Serializer):
    """Rain of one UTC day."""

    date = serializers.DateField()
    rain = serializers.FloatField(help_text="mm per day")


class _CellSeriesSerializer(serializers.Serializer):
    flow = ObservedDaySerializer(many=True)
    forecast = SeriesDaySerializer(many=True)
    rain = RainDaySerializer(many=True)


class CellRecordSerializer(serializers.Serializer):
    """A model cell and its series, oldest first."""

    cell_id = serializers.IntegerField()
    ordem = serializers.IntegerField(allow_null=True, help_text="Computing order of the model.")
    sub = serializers.IntegerField(allow_null=True, help_text="Sub-basin.")
    width = serializers.FloatField(allow_null=True, help_text="River width, m.")
    depth = serializers.FloatField(allow_null=True, help_text="River depth, m.")
    unit = serializers.CharField(help_text="Unit of flows.")
    data = _CellSeriesSerializer()


_SETTINGS_EXAMPLE = {"extent": [-56.5, 1.9, -51, 6], "basemap_url": "", "basemap_attribution": ""}
_CELL_EXAMPLE = {
    "cell_id": 812,
    "ordem": 14,
    "sub": 3,
    "width": 210.5,
    "depth": 4.2,
    "unit": "m³/s",
    "data": {
        "flow": [
            {
                "source": "assimilated",
                "date": "2031-05-02",
                "flow": 812.4,
                "flow_mad": 31.0,
                "flow_expected": 640.2,
            }
        ],
        "forecast": [{"source": "forecast", "date": "2031-05-03", "flow": 840.9, "flow_mad": 55.7}],
        "rain": [{"date": "2031-05-01", "rain": 12.5}],
    },
}

map_settings = described(MapSettingsSerializer, _SETTINGS_EXAMPLE, dated=False)
cell_data = described(
    CellRecordSerializer,
    _CELL_EXAMPLE,
    parameters=(duration_parameter("Observed days, ending at the newest.", 90),),
    errors=BAD_PARAMETER
    | missing(
        "There is no such cell.", {"detail": "There is no cell 99999.", "title": "Not Found", "status": 404}
    ),
)
