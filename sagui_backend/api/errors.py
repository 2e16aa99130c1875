"""Every error under /api/ is JSON: `detail` says what is wrong, `title` and `status` as in RFC 9457."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from rest_framework.exceptions import ValidationError
from rest_framework.views import exception_handler

_log = logging.getLogger(__name__)


def problem(status: int, detail: str, **more: object) -> JsonResponse:
    """An error answer."""
    body = {"detail": detail, "title": HTTPStatus(status).phrase, "status": status, **more}
    return JsonResponse(body, status=status, json_dumps_params={"ensure_ascii": False})


def on_exception(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """What an API view answers when it raises; JSON whatever format was asked for.

    None, hence a logged 500, for anything unforeseen.
    """
    if isinstance(error, OperationalError | InterfaceError):
        _log.error("The database does not answer", exc_info=error)
        unavailable = problem(503, "The database does not answer; try again in a moment.")
        unavailable["Retry-After"] = "5"
        return unavailable
    known = exception_handler(error, context)
    if known is None:
        return None
    if isinstance(error, ValidationError):
        errors = _by_parameter(error)
        detail = " ".join(f"{name}: {message}" for name, message in errors.items())
        answer = problem(known.status_code, detail, errors=errors)
    else:
        answer = problem(known.status_code, str(known.data["detail"]))
    for name in ("Allow", "Retry-After", "WWW-Authenticate"):
        if name in known:
            answer[name] = known[name]
    return answer


def _by_parameter(error: ValidationError) -> dict[str, str]:
    return {
        name: " ".join(map(str, messages)) if isinstance(messages, list) else str(messages)
        for name, messages in error.detail.items()
    }


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400 of requests that no view sees, such as an unknown host name."""
    if _is_api(request):
        return problem(400, "The request is malformed or its host name is not served here.")
    return defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404 of addresses that no pattern matches."""
    if _is_api(request):
        return problem(404, "There is nothing at this address; /api/v1/ lists what there is.")
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: logged by Django with its cause."""
    if _is_api(request):
        return problem(500, "The server failed to answer; the cause is in its log.")
    return defaults.server_error(request)


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")
