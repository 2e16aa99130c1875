"""Publishing: all that readers are shown is renewed in one transaction, so no client sees mixed days."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from importlib.resources import files

import sqlalchemy as sa
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from sagui_pipelines.postgis.engine import transaction
from sagui_pipelines.publication.catalogue import (
    SCHEMA,
    catalogue,
    read_extents,
    read_layers,
    value_documents,
)
from sagui_pipelines.publication.documents import write_documents
from sagui_pipelines.publication.reach_tiles import prepare_reach_tiles
from sagui_pipelines.publication.telling import mark_tags
from sagui_pipelines.publication.values import publish_values


@dataclass(frozen=True)
class LayerState:
    """What a layer shows after a publication.

    Attributes:
        layer: name in schema `guyane`.
        data_version: changes exactly when the content of the layer changes.
        changed: this publication changed the content.
        first_date, last_date: days shown; None when the layer is empty.
        feature_count: number of features.
    """

    layer: str
    data_version: str
    changed: bool
    first_date: date | None
    last_date: date | None
    feature_count: int


def publish_layers(
    engine: sa.Engine, before_commit: Callable[[Cursor], object] | None = None
) -> list[LayerState]:
    """Renew all layers, values and documents from the tables, without blocking readers.

    Args:
        engine: with the pipelines' role.
        before_commit: called when everything is prepared and nobody sees it yet.

    Returns:
        One state per layer, by name.

    Raises:
        DatabaseUnavailable: the database does not answer.
        SchemaOutdated: the SQL files of this version have not been applied.
    """
    statement = files("sagui_pipelines.publication").joinpath("sql/publish_layers.sql").read_text()
    with transaction(engine) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        states = [LayerState(*row) for row in cursor.fetchall()]
        prepare_reach_tiles(cursor, changed=any(s.changed for s in states if s.layer == "reaches"))
        versions = {f"{SCHEMA}.{state.layer}": state.data_version for state in states}
        mark_tags(cursor, versions | _write_documents(cursor))
        if before_commit:
            before_commit(cursor)
    return states


def _write_documents(cursor: Cursor) -> dict[str, str]:
    """Version of the documents by the tag that the cache knows them by."""
    layers = read_layers(cursor)
    published = publish_values(cursor)
    return {
        "catalogue": write_documents(cursor, "/tiles/", catalogue(layers, read_extents(cursor))),
        "values": write_documents(cursor, "/api/values/", value_documents(layers, published)),
    }
