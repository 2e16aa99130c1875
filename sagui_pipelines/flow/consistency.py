"""Every value of a portal file against its table."""

from __future__ import annotations

import numpy as np
import sqlalchemy as sa

from sagui_pipelines.flow.due import recomputed_days
from sagui_pipelines.flow.rows import SeriesRows
from sagui_pipelines.flow.scratch import scratch_history
from sagui_pipelines.flow.series import SCHEMA, flow_column, table_name
from sagui_pipelines.hyfaa.portal import Portal
from sagui_pipelines.hyfaa.solutions import Solution
from sagui_pipelines.postgis import import_state
from sagui_pipelines.postgis.compare import Comparison, compare_blocks
from sagui_pipelines.postgis.engine import transaction
from sagui_pipelines.postgis.tables import reflect


def compare_series(engine: sa.Engine, portal: Portal, solution: Solution) -> Comparison:
    """Compare all loaded days of a series with its file, and mark those that differ as due again.

    Loads of the table wait meanwhile; readers do not.

    Args:
        engine: with the pipelines' role.
        portal: open copy of the file.
        solution: mgbstandard or assimilated.

    Raises:
        DatabaseUnavailable: connection lost; nothing was marked.
        SchemaOutdated: the table of this version is missing.
    """
    table, flow = reflect(engine, SCHEMA, table_name(solution)), flow_column(solution)
    with transaction(engine) as connection, connection.cursor() as cursor:
        import_state.lock(cursor, table.name)
        loaded = import_state.loaded_days(cursor, table.name)
        due = recomputed_days(portal, loaded)
        days = np.setdiff1d(portal.dates, due)
        with scratch_history(portal, flow, days) as history:
            rows = SeriesRows(portal, table.fields, flow, history, portal.dates)
            blocks = rows.blocks(days) if days.size else iter(())
            count, differences = compare_blocks(cursor, table, blocks, scope="date", days=days.tolist())
        import_state.mark_due(cursor, table.name, [difference.day for difference in differences])
    return Comparison(table.name, int(days.size), count, tuple(differences), int(due.size))
