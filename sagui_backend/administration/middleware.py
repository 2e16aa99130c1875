"""Who may reach /admin/ at all, and what all its answers have in common."""

from __future__ import annotations

import logging
from collections.abc import Callable
from ipaddress import ip_address

from django.conf import settings
from django.http import Http404, HttpRequest
from django.http.request import split_domain_port
from django.http.response import HttpResponseBase
from django.utils.cache import add_never_cache_headers

from sagui_backend.administration.client_address import client_address

_logger = logging.getLogger(__name__)


class AdminDoorMiddleware:
    """The admin exists for the configured host names and networks only; to others it is an address like any unknown one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer one request."""
        if request.path.startswith("/admin/") and not _is_welcome(request):
            _logger.info("admin refused to %s on %s", client_address(request), request.get_host())
            raise Http404
        return self.get_response(request)


def _is_welcome(request: HttpRequest) -> bool:
    hosts, networks = settings.SAGUI_ADMIN_HOSTS, settings.SAGUI_ADMIN_NETWORKS
    if hosts and split_domain_port(request.get_host())[0] not in hosts:
        return False
    return not networks or _is_within(client_address(request))


def _is_within(address: str) -> bool:
    try:
        known = ip_address(address)
    except ValueError:
        # What a proxy calls its client need not be an address; nobody is let in on a name.
        return False
    return any(known in network for network in settings.SAGUI_ADMIN_NETWORKS)


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
