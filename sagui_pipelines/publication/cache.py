"""Telling the cache which layers changed: a soft purge by tag, so clients get the old tile until the new one is there."""

from __future__ import annotations

from collections.abc import Sequence

import requests

from sagui_pipelines.errors import PublicationFailed

_TIMEOUT_S = 10


def purge(purge_url: str, tags: Sequence[str]) -> int:
    """Mark every cached response that carries one of some tags as stale.

    Args:
        purge_url: address of the cache.
        tags: `guyane.<layer>` for the tiles of a layer, `api` for the answers of the API.

    Returns:
        Number of cached objects that became stale.

    Raises:
        PublicationFailed: the cache does not answer or refuses.
    """
    if not tags:
        return 0
    try:
        answer = requests.request(
            "PURGE", purge_url, headers={"xkey-purge": " ".join(tags)}, timeout=_TIMEOUT_S
        )
    except requests.RequestException as error:
        raise PublicationFailed(
            purge_url,
            f"the cache does not answer ({type(error).__name__})",
            "Start it, or unset SAGUI_PURGE_URL where no cache runs; the tables are up to date.",
        ) from error
    if answer.status_code == requests.codes.service_unavailable:
        raise PublicationFailed(
            purge_url,
            "the cache cannot learn from the backend which layers there are",
            "See what /api/health/ready of the backend says; the next publication tells the cache again.",
        )
    if answer.status_code != requests.codes.ok:
        raise PublicationFailed(
            purge_url,
            f"the cache refused the purge with status {answer.status_code}",
            "Allow the pipelines' address in the cache's purge list.",
        )
    return int(answer.headers.get("X-Purged", "0"))
