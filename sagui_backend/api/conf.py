"""Settings of the libraries behind the API."""

from __future__ import annotations

from typing import Any

from sagui_backend.api.levels import FLOW_LEVELS, FORECAST_LEVELS, RAIN_LEVELS

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_RENDERER_CLASSES": (
        "rest_framework.renderers.JSONRenderer",
        "sagui_backend.api.formats.PageRenderer",
    ),
    "DEFAULT_PARSER_CLASSES": ("rest_framework.parsers.JSONParser",),
    "DEFAULT_AUTHENTICATION_CLASSES": (),
    "DEFAULT_PERMISSION_CLASSES": ("rest_framework.permissions.AllowAny",),
    "DEFAULT_SCHEMA_CLASS": "sagui_backend.api.schema.ApiSchema",
    "EXCEPTION_HANDLER": "sagui_backend.api.errors.on_exception",
    "STRICT_JSON": True,
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "SAGUI API",
    "VERSION": "1.0.0",
    "DESCRIPTION": (
        "Flood, drought, rain and air warnings of French Guiana. Read-only, without login.\n\n"
        "Days are UTC days, written YYYY-MM-DD. A flow dated T is the state at T 00:00 UTC, after the rain of the "
        "day before; rain dated T fell from T 00:00 to 24:00 UTC. Flows are in m³/s, rain in mm per day, anomalies "
        "in percent: 200 × (flow − reference) / (flow + reference).\n\n"
        "Levels: `d3` `d2` `d1` drought, `n` normal, `f1` `f2` `f3` flood, `r1` `r2` `r3` rain, `a0` to `a5` air. "
        "What is unknown has no level: a day is left out of `levels`, a station counts under `unknown`. "
        "Answers with data say their day in `X-Data-Date` and in `X-Data-Stale` whether that is too long ago."
    ),
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SORT_OPERATIONS": False,
    "COMPONENT_SPLIT_REQUEST": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "PointType": ["Point"],
        "FeatureType": ["Feature"],
        "FeatureCollectionType": ["FeatureCollection"],
        "ForecastLevelCode": list(FORECAST_LEVELS),
        "FlowLevelCode": list(FLOW_LEVELS),
        "RainLevelCode": list(RAIN_LEVELS),
    },
}
