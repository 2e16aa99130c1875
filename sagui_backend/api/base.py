"""What the views have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, ClassVar, ParamSpec, TypeVar

from django.db import connection, transaction
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from sagui_backend.api.formats import CsvRenderer
from sagui_backend.api.freshness import Freshness

P = ParamSpec("P")
R = TypeVar("R")


class ApiView(APIView):
    """A read-only view.

    Attributes:
        operation_action: last word of the operation's name in the schema, when the usual one is wrong.
        csv_columns: columns of the CSV form.
    """

    http_method_names: ClassVar[list[str]] = ["get", "head", "options"]
    operation_action: ClassVar[str | None] = None
    csv_columns: Sequence[str] = ()

    def options(self, request: Request, *arguments: Any, **named: Any) -> Response:
        """What the view is; JSON where the format asked for holds rows only."""
        if request.accepted_renderer.format == CsvRenderer.format:
            request.accepted_renderer = JSONRenderer()
            request.accepted_media_type = JSONRenderer.media_type
        return super().options(request, *arguments, **named)


def snapshot(read: Callable[P, R]) -> Callable[P, R]:
    """Make all queries of a function see the same committed state, whatever is loaded meanwhile."""

    @wraps(read)
    def reading(*arguments: P.args, **options: P.kwargs) -> R:
        if connection.in_atomic_block:
            return read(*arguments, **options)
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            return read(*arguments, **options)

    return reading


def answer(data: Any, freshness: Freshness, headers: dict[str, str] | None = None) -> Response:
    """A response that says how old its data are."""
    return Response(data, headers=freshness.headers() | (headers or {}))


def link(request: Request, name: str, *arguments: int, suffix: str | None = None) -> str:
    """Absolute address of an endpoint, in the format of the request: its suffix or its `format` parameter."""
    address = reverse(name, args=arguments, request=request)
    if not suffix:
        return address
    path, mark, query = address.partition("?")
    return f"{path}.{suffix}{mark}{query}"
