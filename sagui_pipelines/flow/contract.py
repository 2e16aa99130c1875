"""Whether a series table is what its readers rely on: columns, key, cells, days, values within physical limits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from importlib.resources import files
from typing import Final

import sqlalchemy as sa
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from sagui_pipelines.columns import TABLES
from sagui_pipelines.hydro.limits import FLOW_LIMIT_M3S, LEVEL_LIMITS_M, RAIN_LIMIT_MM
from sagui_pipelines.postgis.engine import transaction
from sagui_pipelines.postgis.import_state import known_cells

DAYS: Final = 30
"""Newest days that are looked at; the weekly job compares the others with the files."""

AHEAD_DAYS: Final = 75
"""Days by which a table may be ahead of the clock: a forecast of up to 60 days from a run ahead of it."""

_TYPES = {"timestamptz": "timestamp with time zone"}
_FORECAST = "hyfaa_data_forecast"


def contract_problems(engine: sa.Engine, table: str, today: date) -> list[str]:
    """Sentences on what breaks the contract of a series table; none when all is well.

    Args:
        engine: with the pipelines' role.
        table: name without schema.
        today: present day, UTC.

    Raises:
        DatabaseUnavailable, SchemaOutdated: see `postgis.engine.transaction`.
    """
    with transaction(engine) as connection, connection.cursor() as cursor:
        problems = _columns(cursor, table)
        if problems:
            return problems
        cells = known_cells(cursor, table)
        statement = sql.SQL(_text("contract_days")).format(
            table=sql.Identifier("guyane", table), impossible=_impossible(table)
        )
        cursor.execute(statement, {"tablename": table, "days": DAYS})
        rows = cursor.fetchall()
    return [*_days(table, rows, today), *_cells(rows, cells)]


def _columns(cursor: Cursor, table: str) -> list[str]:
    wanted = {f"{column.name} {_TYPES.get(column.type, column.type)}" for column in TABLES[table]}
    cursor.execute(_text("contract_columns"), {"table": f"guyane.{table}", "key": ["cell_id", "date"]})
    found, has_key = cursor.fetchone() or (None, False)
    missing = sorted(wanted - set(found or ()))
    problems = [f"the table lacks the column {', '.join(missing)}"] if missing else []
    if not has_key:
        problems.append("no valid unique key of cell and date guards the table: rows may be doubled")
    return problems


def _impossible(table: str) -> sql.Composable:
    conditions = []
    for column in TABLES[table]:
        low, high = _limits(column.name)
        if high is not None:
            conditions.append(
                sql.SQL("{0} NOT BETWEEN {1} AND {2}").format(
                    sql.Identifier(column.name), sql.Literal(low), sql.Literal(high)
                )
            )
    return sql.SQL(" OR ").join(conditions)


def _limits(column: str) -> tuple[float, float | None]:
    if column.endswith(("stddev", "mad")):
        return 0.0, 2 * FLOW_LIMIT_M3S
    if column in ("flow_mean", "flow_median"):
        return -FLOW_LIMIT_M3S, FLOW_LIMIT_M3S
    if column in ("elevation_mean", "elevation_median"):
        return LEVEL_LIMITS_M
    return (0.0, RAIN_LIMIT_MM) if column == "rain" else (0.0, None)


def _days(table: str, rows: Sequence[tuple[object, ...]], today: date) -> list[str]:
    problems = []
    newest = rows[0][0] if rows else None
    if isinstance(newest, date) and newest > today + timedelta(days=AHEAD_DAYS):
        problems.append(f"the newest day, {newest}, lies {(newest - today).days} days ahead")
    for day, recorded, present, *_, impossible in rows:
        if table != _FORECAST and recorded != present:  # a forecast is recorded by its issue day
            problems.append(f"{day} has {present or 0} rows, and {recorded or 0} were loaded")
        if impossible:
            problems.append(f"{day} has {impossible} rows with values beyond physical limits")
    return problems


def _cells(rows: Sequence[tuple[object, ...]], cells: int | None) -> list[str]:
    numbers = [number for row in rows for number in row[3:5] if isinstance(number, int)]
    if not numbers or cells is None or (min(numbers) >= 1 and max(numbers) <= cells):
        return []
    return [f"cells are numbered {min(numbers)} to {max(numbers)}, and the mesh has 1 to {cells}"]


def _text(name: str) -> str:
    return files("sagui_pipelines.flow").joinpath(f"sql/{name}.sql").read_text()
