"""Filling the cache again after a publication, so that nobody waits for a tile of a low zoom."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from sagui_pipelines.postgis.engine import transaction
from sagui_pipelines.publication.catalogue import SCHEMA, Bounds, read_extents
from sagui_pipelines.publication.grid import tiles_over
from sagui_pipelines.publication.http import Fetcher

# What the map shows first.
_FIRST = ("hyfaa_forecast_aggregated_geo", "hyfaa_data_aggregated_geo", "mvt_rainfall")
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
    paths = ["/api/values/"] if "values" in tags else []
    for layer in map_first(tag for tag in tags if tag.startswith(f"{SCHEMA}.")):
        paths += low_zoom_paths(layer, extents)
    return fetched(Fetcher(cache_url, _REFRESH), paths)


def fetched(fetcher: Fetcher, paths: list[str]) -> Warmth:
    """Fetch answers, only to have them fetched."""
    statuses = [answer.status for _, answer in fetcher.fetch_all((path, path) for path in paths)]
    # A tile server may say that a tile is empty by 204.
    good = sum(status in (200, 204) for status in statuses)
    return Warmth(good, len(statuses) - good)


def map_first(layers: Iterable[str]) -> list[str]:
    """Layers, as `guyane.<layer>`, in the order in which people ask for them."""
    first = {f"{SCHEMA}.{name}": place for place, name in enumerate(_FIRST)}
    return sorted(layers, key=lambda layer: first.get(layer, len(first)))


def low_zoom_paths(layer: str, extents: list[Bounds]) -> list[str]:
    """Addresses of a layer's tiles up to zoom 8 wherever there is data.

    Args:
        layer: as `guyane.<layer>`.
        extents: boxes of the data [degrees].
    """
    if not extents:
        return []
    box = (
        min(west for west, *_ in extents),
        min(south for _, south, *_ in extents),
        max(east for *_, east, _ in extents),
        max(north for *_, north in extents),
    )
    return [f"/tiles/{layer}/{z}/{x}/{y}.pbf" for z, x, y in tiles_over(box, _ZOOMS, margin=1 / 16)]
