"""The entrance, and addresses that lead to it."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from sagui_backend.api import schema
from sagui_backend.api.base import ApiView, link

_FIRST_LINKS = {
    "dashboard": "dashboard",
    "flow-previ-stations-list": "flow-previ-stations-list",
    "flow-alerts-stations-list": "flow-alerts-stations-list",
    "atmo-alerts-rasters": "atmo-files",
}
_FIXED_LINKS = {"swagger-ui": "swagger-ui", "openapi-schema": "openapi-schema"}
_MORE_LINKS = {"atmo-alerts-classes": "atmo-classes", "rain-alerts-basins": "rain-basins"}


class Root(ApiView):
    """Where everything is."""

    @schema.root
    def get(self, request: Request, format: str | None = None) -> Response:  # noqa: A002
        """Addresses of the lists."""
        suffixed = {
            key: link(request, name, suffix=format) for key, name in (_FIRST_LINKS | _MORE_LINKS).items()
        }
        fixed = {key: link(request, name) for key, name in _FIXED_LINKS.items()}
        order = (*_FIRST_LINKS, *_FIXED_LINKS, *_MORE_LINKS)
        return Response({key: (suffixed | fixed)[key] for key in order})
