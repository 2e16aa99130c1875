"""Which language a page is in."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

_PUBLIC = "/dashboards/"


class PageLanguageMiddleware(LocaleMiddleware):
    """Dashboards are in the language of their address (`?lang=`), French without one; other pages as usual.

    A public page must not depend on cookies or headers: the cache keeps one copy per address.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Choose the language."""
        if not request.path.startswith(_PUBLIC):
            super().process_request(request)
            return
        wanted = request.GET.get("lang", "").lower()
        language = wanted if wanted in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        translation.activate(language)
        request.LANGUAGE_CODE = language

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Say which language the page is in."""
        if not request.path.startswith(_PUBLIC):
            return super().process_response(request, response)
        response["Content-Language"] = translation.get_language() or settings.LANGUAGE_CODE
        return response
