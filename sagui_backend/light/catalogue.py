"""Addresses below /tiles/ that are no tiles: the list of layers, their descriptions, a preview of each."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from csp.decorators import csp_update
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string

from sagui_backend.light.answers import answer, missing, prepared_view
from sagui_backend.light.queries import document

CACHE_TAG = "catalogue"
_NO_LAYER = "There is no such layer; /tiles/index.json lists them."
# MapLibre draws in a worker that it makes from a blob.
_map_page = csp_update({"worker-src": ["'self'", "blob:"], "child-src": ["blob:"], "img-src": ["blob:"]})


@prepared_view
def described(request: HttpRequest) -> HttpResponseBase:
    """The index, or a layer's description: pg_tileserv's keys and TileJSON 3.0. Links are absolute."""
    found = document(request.path)
    if found is None:
        return missing(_NO_LAYER)
    content = found.content.replace(b"{origin}", _origin(request).encode())
    return answer(request, content, version=found.version, content_type="application/json", tag=CACHE_TAG)


@prepared_view
def listed(request: HttpRequest) -> HttpResponseBase:
    """The list of layers for people."""
    found = document("/tiles/index.json")
    layers = list(json.loads(found.content).values()) if found else []
    return _page(request, "light/list.html", {"layers": layers})


@_map_page
@prepared_view
def preview(request: HttpRequest, layer: str) -> HttpResponseBase:
    """A map of one layer."""
    found = document(f"/tiles/{layer}.json")
    if found is None:
        return missing(_NO_LAYER)
    return _page(request, "light/preview.html", {"layer": json.loads(found.content)})


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponseBase:
    content = render_to_string(template, context).encode()
    version = sha256(content).hexdigest()[:16]
    return answer(request, content, version=version, content_type="text/html; charset=utf-8", tag=CACHE_TAG)


def _origin(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"
