"""Examples of the schema; their figures are invented."""

from __future__ import annotations

from typing import Any

_HOST = "https://example.org"

BAD_DURATION = {
    "detail": "duration: 'ten' is not a whole number of days from 1 to 1830.",
    "title": "Bad Request",
    "status": 400,
    "errors": {"duration": "'ten' is not a whole number of days from 1 to 1830."},
}
MALFORMED = {"detail": "Bad Request: the address is malformed", "title": "Bad Request", "status": 400}
NOTHING = {
    "detail": "There is nothing at this address; /api/v1/ lists what there is.",
    "title": "Not Found",
    "status": 404,
}
NO_PAGE = {"detail": "Invalid page.", "title": "Not Found", "status": 404}
NO_STATION = {"detail": "There is no station 99.", "title": "Not Found", "status": 404}
ROOT = {
    "dashboard": f"{_HOST}/api/v1/dashboard",
    "flow-previ-stations-list": f"{_HOST}/api/v1/flow_previ/stations",
    "flow-alerts-stations-list": f"{_HOST}/api/v1/flow_alerts/stations",
    "atmo-alerts-rasters": f"{_HOST}/api/v1/atmo/files",
    "swagger-ui": f"{_HOST}/api/schema/swagger-ui/",
    "openapi-schema": f"{_HOST}/api/schema/",
    "atmo-alerts-classes": f"{_HOST}/api/v1/atmo/classes",
    "rain-alerts-basins": f"{_HOST}/api/v1/rain_alerts/basins",
}
DASHBOARD_ENTRY = {
    "id": "flow_alerts",
    "alert_code": "d2",
    "description": "Flow of the newest day against the thresholds of each station; histogram: stations.",
    "histogram": {"f3": 0, "f2": 0, "d2": 1, "f1": 1, "n": 10, "unknown": 1},
    "attributes": {},
    "data_date": "2031-05-02",
    "stale": False,
}
FORECAST_LEVEL = {"date": "2031-05-12", "flow": 140, "level": "f1", "source": "forecast", "anomaly": 14}
FLOW_LEVEL = {"date": "2031-05-02", "level": "f1"}
RAIN_BASINS = {"date": "2031-05-01", "results": [{"id": "sub_3", "rain": 21.4, "level": "r2"}]}
ATMO_FILES = {
    "count": 1,
    "description": "Absorbing aerosol index of Sentinel-5P, one image per day.",
    "classes": f"{_HOST}/api/v1/atmo/classes",
    "legend": f"{_HOST}/atmo/styled/legend.png",
    "extent": {"east": -57, "south": 1, "west": -50, "north": 7},
    "results": [
        {
            "date": "2031-05-01",
            "png": f"{_HOST}/atmo/styled/20310501_aai.png",
            "wld": f"{_HOST}/atmo/styled/20310501_aai.wld",
            "geotiff": f"{_HOST}/atmo/styled/20310501_aai.tif",
        }
    ],
    "bbox": [-57, 1, -50, 7],
}
ATMO_CLASS = {
    "label": "Bon",
    "label_fr": "Bon",
    "label_en": "Good",
    "label_pt": "Bom",
    "bounds_min": -1000.0,
    "bounds_max": 0.4,
    "legend_label": "< 0.4",
    "alert_code": "a0",
    "color": "#00FFFF89",
    "alert_label": "Aucune",
}
ATMO_CLASSES_CSV = (
    "alert_code,bounds_max,bounds_min,color,label,label_en,label_fr,label_pt,legend_label\r\n"
    "a0,0.4,-1000.0,#00FFFF89,Bon,Good,Bon,Bom,< 0.4\r\n"
)
PREVI_CSV = "source,date,flow,flow_mad\r\nassimilated,2031-05-02,120,6\r\nforecast,2031-05-03,124,9\r\n"
_STATION = {"id": 1, "minibasin": 4001, "city": "Alpha", "river": "Beta", "unit": "m³/sec"}
_FORECAST_DAY = {"source": "forecast", "date": "2031-05-03", "flow": 124.0, "flow_mad": 9.0}
PREVI_RECORD = _STATION | {
    "data": {
        "flow": [{"source": "assimilated", "date": "2031-05-02", "flow": 120.0, "flow_mad": 6.0}],
        "forecast": [_FORECAST_DAY],
        "references": [
            {
                "id": "2010-2020",
                "data": [
                    {"source": "2010-2020", "date": "2031-05-02", "flow": 121.0},
                    {"source": "2010-2020", "date": "2031-05-03", "flow": 122.0},
                ],
            }
        ],
    }
}
FLOW_RECORD = _STATION | {
    "data": {
        "flow": [
            {
                "source": "assimilated",
                "date": "2031-05-02",
                "flow": 120.0,
                "flow_mad": 6.0,
                "flow_expected": 119.0,
            }
        ],
        "forecast": [_FORECAST_DAY],
    },
    "thresholds": [{"threshold_drought": 56.0, "threshold_flood_low": 2280.0}],
}


def station_page(level: dict[str, Any], theme: str) -> dict[str, Any]:
    """A page with one station."""
    return {
        "count": 1,
        "next": None,
        "previous": None,
        "results": {
            "type": "FeatureCollection",
            "features": [
                {
                    "id": 1,
                    "type": "Feature",
                    "geometry": {"type": "Point", "coordinates": [-54.0, 3.6]},
                    "properties": {
                        "url": f"{_HOST}/api/v1/{theme}/stations/1/data",
                        "name": "Alpha",
                        "river": "Beta",
                        "minibasin": 4001,
                        "levels": [level],
                    },
                }
            ],
        },
    }
