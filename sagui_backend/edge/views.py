"""The layers that exist and the data version of each, for the cache."""

from __future__ import annotations

from importlib.resources import files

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

LAYERS = files("sagui_backend.edge").joinpath("sql/layers.sql").read_text()
NEVER_PUBLISHED = "-"


@never_cache
@require_safe
def layers(_request: HttpRequest) -> HttpResponse:
    """Layers that the tile server may read, with their data versions: one per line, and in the header X-Layers.

    The cache cannot read bodies; the header holds `|<layer>=<version>|<layer>=<version>|`. A layer that was never
    published has the version `-`.
    """
    with connection.cursor() as cursor:
        cursor.execute(LAYERS)
        entries = [f"{layer}={version or NEVER_PUBLISHED}" for layer, version in cursor.fetchall()]
    answer = HttpResponse(
        "".join(f"{entry}\n" for entry in entries), content_type="text/plain; charset=utf-8"
    )
    answer["X-Layers"] = f"|{'|'.join(entries)}|"
    return answer
