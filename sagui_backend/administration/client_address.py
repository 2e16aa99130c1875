"""Who a request comes from, behind our own proxies."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """Address that the outermost of our proxies saw.

    Each proxy appends the address of its client to X-Forwarded-For; what stands before the entries of our own
    SAGUI_TRUSTED_PROXIES is the client's word and not believed.
    """
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    trusted = settings.SAGUI_TRUSTED_PROXIES
    if not hops or trusted == 0:
        return str(request.META.get("REMOTE_ADDR", ""))
    return hops[-min(trusted, len(hops))]
