"""What every answer of the API has in common: one language, no cookies, an ETag, a tag for the cache."""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import sha256
from urllib.parse import unquote

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response

from sagui_backend.api.errors import problem

CACHE_TAG = "api"
_CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f]")
_CACHED_PREFIXES = ("/api/v1/", "/api/schema")


class ApiMiddleware:
    """Outermost layer below /api/; other addresses pass untouched."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer one request."""
        if not request.path.startswith("/api/"):
            return self.get_response(request)
        # What depends on the reader (language, login) would make each answer several objects in the cache, or
        # put one reader's page before another.
        request.META["HTTP_ACCEPT_LANGUAGE"] = "en"
        request.META.pop("HTTP_COOKIE", None)
        response = _refusal(request) or self.get_response(request)
        response.cookies.clear()
        _vary_less(response)
        if response.status_code >= 400:
            response["Cache-Control"] = "no-store"
        elif response.status_code == 200 and request.path.startswith(_CACHED_PREFIXES):
            return _validated(request, response)
        return response


def _refusal(request: HttpRequest) -> HttpResponse | None:
    # The edge refuses them too: no parameter means anything with them, and logs are for people.
    if _CONTROL_CHARACTER.search(unquote(request.META["QUERY_STRING"])):
        return problem(400, "The address is malformed: it holds a control character.")
    return None


def _vary_less(response: HttpResponseBase) -> None:
    names = [name.strip() for name in response.get("Vary", "").split(",")]
    kept = [name for name in names if name and name.lower() not in {"accept-language", "cookie"}]
    if kept:
        response["Vary"] = ", ".join(kept)
    elif "Vary" in response:
        del response["Vary"]


def _validated(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    response["Cache-Control"] = "public, max-age=5"
    response["xkey"] = CACHE_TAG
    if not isinstance(response, HttpResponse) or request.method not in {"GET", "HEAD"}:
        return response
    etag = f'"{sha256(response.content).hexdigest()[:24]}"'
    response["ETag"] = etag
    return get_conditional_response(request, etag=etag, response=response) or response
