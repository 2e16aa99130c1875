"""What the newest publication covers, and what there is to cover, from the database and from Dagster's memory."""

from __future__ import annotations

import dagster as dg
import sqlalchemy as sa

from sagui_pipelines.asset_kit import table_key
from sagui_pipelines.publication.marks import Marks, parse_marks, read_marks

GEOGRAPHY_KEYS = [
    table_key(table)
    for table in (
        "hyfaa_drainage",
        "hyfaa_catchments",
        "hyfaa_minibasins_data",
        "hyfaa_stations",
        "stations_reference_flow",
    )
]
# The layer that is made last stands for all: they are renewed together.
LAYER_KEY = table_key("mvt_rainfall")
COVERS = "covers"


def present_marks(instance: dg.DagsterInstance, engine: sa.Engine) -> Marks:
    """How far everything has come by now.

    Raises:
        DatabaseUnavailable, SchemaOutdated: see `postgis.engine.transaction`.
    """
    return read_marks(engine, _geography(instance))


def published_marks(instance: dg.DagsterInstance) -> Marks | None:
    """What the newest publication covered; None before the first."""
    for record in instance.get_asset_records([LAYER_KEY]):
        made = record.asset_entry.last_materialization
        if made is not None and made.asset_materialization is not None:
            covers = made.asset_materialization.metadata.get(COVERS)
            return parse_marks(str(covers.value) if covers else "")
    return None


def _geography(instance: dg.DagsterInstance) -> str:
    newest = 0
    for record in instance.get_asset_records(GEOGRAPHY_KEYS):
        made = record.asset_entry.last_materialization_record
        newest = max(newest, made.storage_id if made else 0)
    return str(newest)
