"""Publishing: every layer the tile server shows is renewed in one transaction, so no client sees mixed days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from importlib.resources import files

import sqlalchemy as sa

from sagui_pipelines.postgis.engine import transaction


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


def publish_layers(engine: sa.Engine) -> list[LayerState]:
    """Renew all layers from the tables, without blocking readers.

    Returns:
        One state per layer, by name.

    Raises:
        DatabaseUnavailable: the database does not answer.
        SchemaOutdated: the SQL files of this version have not been applied.
    """
    statement = files("sagui_pipelines.publication").joinpath("sql/publish_layers.sql").read_text()
    with transaction(engine) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return [LayerState(*row) for row in cursor.fetchall()]
