"""What prepared answers have in common: a version as ETag, a tag for the cache, open to every web page."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.views.decorators.csrf import csrf_exempt

from sagui_backend.api.errors import problem

_log = logging.getLogger(__name__)
_VERSION = "v"
# A client that names the version it wants may keep the answer: another version has another address.
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_EACH_TIME = "public, max-age=0"

View = Callable[..., HttpResponseBase]


def prepared_view(view: View) -> View:
    """A view of prepared content: reads only, no parameter but `v`, and 503 while the database is away."""

    @wraps(view)
    def guarded(request: HttpRequest, *arguments: object, **named: object) -> HttpResponseBase:
        if request.method not in {"GET", "HEAD"}:
            refused = problem(405, "Only GET and HEAD are offered here.")
            refused["Allow"] = "GET, HEAD"
            return _open(refused)
        unknown = sorted(set(request.GET) - {_VERSION})
        if unknown:
            return _open(problem(400, f"There is no parameter {unknown[0]!r}."))
        try:
            return _open(view(request, *arguments, **named))
        except (OperationalError, InterfaceError) as error:
            _log.error("The database does not answer", exc_info=error)
            unavailable = problem(503, "The database does not answer; try again in a moment.")
            unavailable["Retry-After"] = "5"
            return _open(unavailable)

    # Other methods are refused here, not for the lack of a token.
    return csrf_exempt(guarded)


def answer(
    request: HttpRequest, content: bytes, *, version: str, content_type: str, tag: str
) -> HttpResponseBase:
    """The content, or 304 for a client that has this version.

    Args:
        request: its parameter `v` may name the version that the client expects.
        content: body.
        version: of the content; the ETag.
        content_type: media type.
        tag: what the cache in front knows the answer by.
    """
    response = HttpResponse(content, content_type=content_type)
    response["Cache-Control"] = _FOR_EVER if request.GET.get(_VERSION) == version else _ASK_EACH_TIME
    response["xkey"] = tag
    response["ETag"] = f'"{version}"'
    return get_conditional_response(request, etag=response["ETag"], response=response) or response


def missing(detail: str) -> HttpResponse:
    """404."""
    return problem(404, detail)


def _open(response: HttpResponseBase) -> HttpResponseBase:
    response["Access-Control-Allow-Origin"] = "*"
    if response.status_code >= 400:
        response["Cache-Control"] = "no-store"
    return response
