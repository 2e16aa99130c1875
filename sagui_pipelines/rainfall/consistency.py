"""Every value of the rain store against its table."""

from __future__ import annotations

import sqlalchemy as sa

from sagui_pipelines.hyfaa.rain_store import RainStore
from sagui_pipelines.postgis import import_state
from sagui_pipelines.postgis.compare import Comparison, compare_blocks
from sagui_pipelines.postgis.engine import transaction
from sagui_pipelines.postgis.tables import reflect
from sagui_pipelines.rainfall.load import SCHEMA, TABLE, due_files
from sagui_pipelines.rainfall.rows import RainRows


def compare_rain(engine: sa.Engine, store: RainStore) -> Comparison:
    """Compare all loaded days of rain with their files, and mark those that differ as due again.

    A file that can no longer be read counts as a day without rows; loading it again tells what is wrong with it.

    Args:
        engine: with the pipelines' role.
        store: HYFAA's on-mesh rain store.

    Raises:
        SourceMissing, SourceNotReady, SourceCorrupt: the store cannot be read.
        DayNotAvailable: the store is empty.
        DatabaseUnavailable: connection lost; nothing was marked.
        SchemaOutdated: the table of this version is missing.
    """
    table, catalogue = reflect(engine, SCHEMA, TABLE), store.catalogue()
    with transaction(engine) as connection, connection.cursor() as cursor:
        import_state.lock(cursor, TABLE)
        loaded = import_state.loaded_days(cursor, TABLE)
        due = {file.date for file in due_files(catalogue, loaded)}
        left_out = due | loaded.refused.keys()
        files = [file for file in catalogue.files if not file.is_forecast and file.date not in left_out]
        rows = RainRows(store, table.fields, import_state.known_cells(cursor, TABLE))
        count, differences = compare_blocks(
            cursor, table, rows.blocks(files), scope="date", days=[file.date for file in files]
        )
        import_state.mark_due(cursor, TABLE, [difference.day for difference in differences])
    return Comparison(TABLE, len(files), count, tuple(differences), len(due))
