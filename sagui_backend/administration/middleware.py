"""What all answers below /admin/ have in common."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import add_never_cache_headers


class PrivatePagesMiddleware:
    """No page of the admin is kept by a cache; Django forgets some, such as the change of the password."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer one request."""
        response = self.get_response(request)
        if request.path.startswith("/admin/") and "Cache-Control" not in response:
            add_never_cache_headers(response)
        return response
