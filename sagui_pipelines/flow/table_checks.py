"""Findings on a series table, for the checks of flow and rain."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.resources import files

import numpy as np
import sqlalchemy as sa
from psycopg2 import sql

from sagui_pipelines.alarms.freshness import expected_day, missed_slots
from sagui_pipelines.alarms.settings import load_alarm_settings
from sagui_pipelines.check_kit import ERROR, SHOWN, WARN, Finding, from_problems
from sagui_pipelines.flow.completeness import find_holes
from sagui_pipelines.flow.continuity import TOLERATED_SHARE, broken_cells
from sagui_pipelines.flow.contract import contract_problems
from sagui_pipelines.flow.series import SCHEMA, flow_column, table_name
from sagui_pipelines.hyfaa.mesh import Mesh
from sagui_pipelines.hyfaa.solutions import Solution
from sagui_pipelines.postgis.engine import transaction
from sagui_pipelines.postgis.import_state import loaded_days
from sagui_pipelines.settings import load_settings

CONTINUITY_DAYS = 10
UNUSUAL_FACTOR = 10.0


def contract(engine: sa.Engine, table: str, now: datetime | None = None) -> Finding:
    """Whether the table is what readers rely on."""
    today = (now or datetime.now(UTC)).date()
    return from_problems(
        contract_problems(engine, table, today),
        "columns, key, cells, days and values are as agreed",
        "Nothing is published while this stands. Apply migrations, then load the days named again.",
    )


def refused(engine: sa.Engine, table: str) -> Finding:
    """Days whose newest content is corrupt."""
    with transaction(engine) as connection, connection.cursor() as cursor:
        standing = loaded_days(cursor, table).refused
    return from_problems(
        [f"{day}: {refusal.fact}" for day, refusal in sorted(standing.items(), reverse=True)],
        "no day stands refused",
        "Earlier rows of these days stay. Compute them again with HYFAA, or accept them as docs/checks.md tells.",
    )


def freshness(engine: sa.Engine, table: str, now: datetime | None = None) -> Finding:
    """How many days that are due are missing at the end of the series."""
    settings, deadline = load_settings(), load_alarm_settings().deadline_hour
    now = now or datetime.now(UTC)
    with transaction(engine) as connection, connection.cursor() as cursor:
        loaded = loaded_days(cursor, table)
    filled = loaded.dates[loaded.row_counts > 0]
    if not filled.size:
        return Finding(
            False, "nothing has been loaded yet", "Look at the asset that it is made from.", severity=WARN
        )
    newest = filled[-1].item()
    missed = missed_slots(newest, now, deadline)
    severity = ERROR if missed >= settings.freshness_fail_slots else WARN
    return Finding(
        missed < settings.freshness_warn_slots,
        f"the newest day is {newest}, {missed} missed; {expected_day(now, deadline)} was due at {deadline} h UTC",
        "Look upstream for the first asset that is late." if missed else "",
        {"newest_day": str(newest), "missed_slots": missed},
        severity,
    )


def completeness(engine: sa.Engine, table: str) -> Finding:
    """Cells and days that the series lacks."""
    with transaction(engine) as connection, connection.cursor() as cursor:
        loaded = loaded_days(cursor, table)
    full, holes = find_holes(dict(zip(loaded.dates.tolist(), loaded.row_counts.tolist(), strict=True)))
    newest_first = [str(hole) for hole in reversed(holes)]
    found = from_problems(newest_first, f"every day has its {full:,} cells", "Load the days named again.")
    missing = sum(hole.missing * ((hole.last - hole.first).days + 1) for hole in holes)
    facts = {"cells_of_a_full_day": full, "missing_cell_days": missing, "holes": newest_first[: 10 * SHOWN]}
    return Finding(found.well, found.fact, found.remedy, facts)


def continuity(engine: sa.Engine, solution: Solution, mesh: Mesh | None) -> Finding:
    """Whether water goes on downstream, in the mean of the newest days."""
    if mesh is None:
        return Finding(True, "the static data of the model were not delivered: the river network is unknown")
    flow = np.full(mesh.n_cells, np.nan)
    for cell, value in _rows(engine, "newest_mean_flow", solution, {"days": CONTINUITY_DAYS}):
        if value is not None and isinstance(cell, int) and cell <= flow.size:
            flow[cell - 1] = float(str(value))
    broken, ratio, looked_at = broken_cells(flow, mesh.downstream, mesh.drained_km2)
    worst = [f"cell {cell + 1}: {part:.2f}" for cell, part in zip(broken[:SHOWN], ratio, strict=False)]
    well = broken.size <= TOLERATED_SHARE * looked_at
    fact = f"the flow of {broken.size} of {looked_at} cells does not follow from the flow above them"
    return Finding(
        well,
        fact,
        "" if well else "Look whether cells were exchanged, or a part of the network was not computed.",
        {"flow_to_expected": worst, "broken_cells": int(broken.size), "cells_looked_at": looked_at},
    )


def against_usual(engine: sa.Engine, solution: Solution) -> Finding:
    """Whether the median river carries many times, or a small part of, its usual flow of the season."""
    [(day, ratio)] = _rows(engine, "newest_ratio", solution, {})
    if ratio is None:
        return Finding(True, "there is no usual flow to compare with yet")
    factor = float(str(ratio))
    well = 1 / UNUSUAL_FACTOR < factor < UNUSUAL_FACTOR
    return Finding(
        well,
        f"on {day} the median river carries {factor:.2f} times its usual flow of the season",
        "" if well else "If rain does not explain it, look at the unit and the static data of the model.",
        {"factor": factor},
    )


def _rows(
    engine: sa.Engine, name: str, solution: Solution, parameters: dict[str, object]
) -> list[tuple[object, ...]]:
    table = table_name(solution)
    text = files("sagui_pipelines.flow").joinpath(f"sql/{name}.sql").read_text()
    statement = sql.SQL(text).format(
        table=sql.Identifier(SCHEMA, table), flow=sql.Identifier(flow_column(solution))
    )
    with transaction(engine) as connection, connection.cursor() as cursor:
        cursor.execute(statement, {"tablename": table, **parameters})
        return cursor.fetchall()
