"""Filling the cache again after a publication, so that nobody waits for a tile of a low zoom."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from sagui_pipelines.postgis.engine import transaction
from sagui_pipelines.publication.catalogue import SCHEMA, Bounds, read_extents
from sagui_pipelines.publication.grid import tiles_over
from sagui_pipelines.publication.http import Fetcher

# What the map shows first.
FIRST = ("hyfaa_forecast_aggregated_geo", "hyfaa_data_aggregated_geo", "mvt_rainfall")
_ZOOMS = range(9)
# The cache answers a refresher with the new tile, and everybody else with the old one until it is there.
_REFRESH = {"X-Refresh": "yes", "Accept-Encoding": "gzip"}


@dataclass(frozen=True)
class Warmth:
    """What was fetched.

    Attributes:
        fetched: answers that came.
        failed: answers that did not; clients will ask for them.
    """

    fetched: int
    failed: int


def warm(engine: sa.Engine, cache_url: str, tags: Collection[str]) -> Warmth:
    """Fetch what changed through the cache.

    Args:
        engine: with the pipelines' role.
        cache_url: address of the cache.
        tags: what changed: `guyane.<layer>`, `values`, `catalogue`.

    Raises:
        DatabaseUnavailable, SchemaOutdated: see `postgis.engine.transaction`.
    """
    with transaction(engine) as connection, connection.cursor() as cursor:
        extents = list(read_extents(cursor).values())
    paths = list(dict.fromkeys(_paths(tags, extents)))
    statuses = [
        answer.status for _, answer in Fetcher(cache_url, _REFRESH).fetch_all((path, path) for path in paths)
    ]
    good = sum(status == 200 for status in statuses)
    return Warmth(good, len(statuses) - good)


def _paths(tags: Collection[str], extents: list[Bounds]) -> Iterator[str]:
    if "values" in tags:
        yield "/api/values/"
    names = [tag.removeprefix(f"{SCHEMA}.") for tag in tags if tag.startswith(f"{SCHEMA}.")]
    if not extents:
        return
    box = (
        min(west for west, *_ in extents),
        min(south for _, south, *_ in extents),
        max(east for *_, east, _ in extents),
        max(north for *_, north in extents),
    )
    for name in sorted(names, key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST)):
        for z, x, y in tiles_over(box, _ZOOMS, margin=1 / 16):
            yield f"/tiles/{SCHEMA}.{name}/{z}/{x}/{y}.pbf"
