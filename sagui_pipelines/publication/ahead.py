"""Handing the cache the tiles of a publication before its commit, so that nobody waits for a low zoom after it.

The tile server cannot see what has not been committed, so these tiles go through a table of their own, which it shows only
to whoever asks for edition `ahead`. The cache keeps them beside those that readers still see, under the version they are about
to have. If the publication fails nobody ever asks for that version.
"""

from __future__ import annotations

import io
from importlib.resources import files

import sqlalchemy as sa
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from sagui_pipelines.postgis.engine import transaction
from sagui_pipelines.publication.catalogue import read_extents
from sagui_pipelines.publication.http import Fetcher
from sagui_pipelines.publication.warm import Warmth, fetched, low_zoom_paths, map_first

_HAND_OVER = {"X-Ahead": "yes", "Accept-Encoding": "gzip"}
# The publication holds its locks meanwhile: a cache that hangs must not hold up the loads.
_TIMEOUT_S = 10


def hand_ahead(engine: sa.Engine, publication: Cursor, cache_url: str) -> Warmth:
    """Have the cache fetch what a publication is about to show.

    Stops with the first layer that cannot be had: clients will ask for the rest.

    Args:
        engine: with the pipelines' role; the tiles are shown to the tile server in transactions of their own.
        publication: the publication's transaction, after everything has been prepared in it.
        cache_url: address of the cache.

    Raises:
        DatabaseUnavailable, SchemaOutdated: see `postgis.engine.transaction`.
    """
    coming = _versions(publication)
    extents = list(read_extents(publication).values())
    with transaction(engine) as connection, connection.cursor() as cursor:
        shown = _versions(cursor)
        changed = map_first(
            layer for layer, version in coming.items() if version and version != shown.get(layer)
        )
        cursor.execute(_sql("forget_ahead"))
        for layer in changed:
            _copy(publication, cursor, layer)
    good = failed = 0
    fetcher = Fetcher(cache_url, _HAND_OVER, timeout_s=_TIMEOUT_S)
    for layer in changed:
        done = fetched(fetcher, [f"{path}?v={coming[layer]}" for path in low_zoom_paths(layer, extents)])
        good, failed = good + done.fetched, failed + done.failed
        if failed:
            break
    with transaction(engine) as connection, connection.cursor() as cursor:
        cursor.execute(_sql("forget_ahead"))
    return Warmth(good, failed)


def _versions(cursor: Cursor) -> dict[str, str | None]:
    cursor.execute(_sql("layer_versions"))
    return dict(cursor.fetchall())


def _copy(source: Cursor, target: Cursor, layer: str) -> None:
    rows = io.BytesIO()
    source.copy_expert(source.mogrify(_sql("prepared_tiles"), (layer,)).decode(), rows)
    rows.seek(0)
    target.copy_expert(_sql("write_ahead"), rows)


def _sql(name: str) -> str:
    return files("sagui_pipelines.publication").joinpath(f"sql/{name}.sql").read_text()
