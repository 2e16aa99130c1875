"""What the OpenAPI schema says about each view."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

from sagui_backend.api import examples
from sagui_backend.api import serializers as shapes
from sagui_backend.api.pagination import PAGE
from sagui_backend.api.parameters import LONGEST_DURATION

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]
_JSON = "application/json"


class ApiSchema(AutoSchema):
    """Names operations as consumers know them."""

    def get_operation_id(self) -> str:
        """`<path>_<action>`, the action being the view's own when it has one."""
        name: str = super().get_operation_id()
        action = getattr(self.view, "operation_action", None)
        return f"{name.rpartition('_')[0]}_{action}" if action else name

    def get_override_parameters(self) -> list[OpenApiParameter]:
        """Where the suffix says the format, no parameter does; elsewhere it may be empty too."""
        given: list[OpenApiParameter] = super().get_override_parameters()
        if "drf_format_suffix" in self.path_regex:
            return [*given, OpenApiParameter("format", exclude=True)]
        formats = [renderer.format for renderer in self.view.renderer_classes if renderer.format != "api"]
        return [*given, OpenApiParameter("format", enum=[*formats, ""])] if len(formats) > 1 else given


def duration_parameter(meaning: str, default: int | None) -> OpenApiParameter:
    """The query parameter `duration`."""
    return OpenApiParameter(
        "duration",
        {"type": "integer", "minimum": 1, "maximum": LONGEST_DURATION},
        description=meaning,
        default=default,
    )


_PAGES = [
    OpenApiParameter(
        "page",
        {"type": "string", "pattern": f"^{PAGE}$"},
        description="Number of the page from 1, or `last`.",
    ),
    OpenApiParameter(
        "page_size",
        {
            "anyOf": [
                {"type": "integer", "minimum": 1},
                {"type": "string", "pattern": r"^[^\x00-\x1f\x7f]*$"},
            ]
        },
        description="Features per page, at most 10000; what is no such number counts as the default.",
        default=100,
    ),
]
_AGE = [
    OpenApiParameter(
        "X-Data-Date",
        OpenApiTypes.DATE,
        OpenApiParameter.HEADER,
        response=[200],
        description="Day of the data; absent when there are none.",
    ),
    OpenApiParameter(
        "X-Data-Stale",
        OpenApiTypes.STR,
        OpenApiParameter.HEADER,
        required=True,
        response=[200],
        enum=["true", "false"],
        description="Whether that day is too long ago to be called today's situation.",
    ),
]
_MALFORMED = {
    (400, _JSON): OpenApiResponse(
        shapes.ProblemSerializer,
        "The address is malformed.",
        [OpenApiExample("malformed", examples.MALFORMED)],
    )
}
BAD_PARAMETER = {
    (400, _JSON): OpenApiResponse(
        shapes.ProblemSerializer,
        "A parameter is wrong, or the address is malformed.",
        [OpenApiExample("duration", examples.BAD_DURATION)],
    )
}


def missing(what: str, example: dict[str, Any]) -> dict[tuple[int, str], OpenApiResponse]:
    """The answer 404."""
    return {
        (404, _JSON): OpenApiResponse(shapes.ProblemSerializer, what, [OpenApiExample("missing", example)])
    }


_NOTHING = missing("There is nothing at this address.", examples.NOTHING)


def described(
    shape: Any,
    example: Any,
    *,
    parameters: tuple[OpenApiParameter, ...] = (),
    errors: dict[tuple[int, str], OpenApiResponse] | None = None,
    csv: str | None = None,
    dated: bool = True,
) -> Decorator:
    """Describe a view: shape and example of its answer, parameters, errors, CSV form, headers that tell its age."""
    responses: dict[Any, Any] = {
        (200, _JSON): OpenApiResponse(shape, "", [OpenApiExample("example", example)])
    }
    if csv is not None:
        responses[(200, "text/csv")] = OpenApiResponse(
            OpenApiTypes.STR, "", [OpenApiExample("example", csv, media_type="text/csv")]
        )
    decorate: Decorator = extend_schema(
        responses=responses | _MALFORMED | _NOTHING | (errors or {}),
        parameters=[*parameters, *(_AGE if dated else [])],
    )
    return decorate


_NO_PAGE = missing("There is no such page.", examples.NO_PAGE)
_NO_STATION = missing("There is no such station.", examples.NO_STATION)

root = described(shapes.RootSerializer, examples.ROOT, dated=False)
dashboard = described(shapes.DashboardEntrySerializer(many=True), examples.DASHBOARD_ENTRY)
flow_previ_stations = described(
    shapes.station_page("ForecastStation", shapes.ForecastStationSerializer),
    examples.station_page(examples.FORECAST_LEVEL, "flow_previ"),
    parameters=tuple(_PAGES),
    errors=_NO_PAGE,
)
flow_alerts_stations = described(
    shapes.station_page("FlowStation", shapes.FlowStationSerializer),
    examples.station_page(examples.FLOW_LEVEL, "flow_alerts"),
    parameters=tuple(_PAGES),
    errors=_NO_PAGE,
)
flow_previ_data = described(
    shapes.PreviRecordSerializer,
    examples.PREVI_RECORD,
    parameters=(duration_parameter("Observed days, ending at the newest.", 10),),
    errors=BAD_PARAMETER | _NO_STATION,
    csv=examples.PREVI_CSV,
)
flow_alerts_data = described(
    shapes.FlowRecordSerializer,
    examples.FLOW_RECORD,
    parameters=(duration_parameter("Observed days, ending at the newest.", 365),),
    errors=BAD_PARAMETER | _NO_STATION,
)
rain_basins = described(shapes.RainBasinsSerializer, examples.RAIN_BASINS)
atmo_files = described(
    shapes.AtmoFilesSerializer,
    examples.ATMO_FILES,
    parameters=(
        duration_parameter("Days, ending at the newest image; without it the 10 newest images.", None),
    ),
    errors=BAD_PARAMETER,
)
atmo_classes = described(
    shapes.AtmoClassSerializer(many=True), examples.ATMO_CLASS, csv=examples.ATMO_CLASSES_CSV, dated=False
)
