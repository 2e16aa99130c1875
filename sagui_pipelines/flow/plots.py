"""Hydrographs for the asset pages: a few rivers of different size, with the usual flow of the season dashed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files

import numpy as np
import sqlalchemy as sa
from matplotlib.axes import Axes
from numpy.typing import NDArray
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from sagui_pipelines.flow import figures
from sagui_pipelines.flow.series import SCHEMA, flow_column, table_name
from sagui_pipelines.hyfaa.solutions import Solution
from sagui_pipelines.postgis.engine import transaction

SERIES_DAYS = 365
FORECAST_DAYS = 45

_PANELS = 3
# Where no station tells which rivers matter: the largest one, and two of a fifth and a twenty-fifth of its flow.
_SHARES = (1.0, 1 / 5, 1 / 25)


@dataclass(frozen=True)
class _River:
    cell: int
    label: str


@dataclass(frozen=True)
class _Line:
    dates: NDArray[np.datetime64]
    flow: NDArray[np.float64]
    expected: NDArray[np.float64]


def series_plot(engine: sa.Engine, solution: Solution, days: int = SERIES_DAYS) -> str:
    """Draw the last days of a series as markdown with an embedded PNG.

    Args:
        engine: with a role that may read the table.
        solution: mgbstandard or assimilated.
        days: length of the hydrographs [d].
    """
    with transaction(engine) as connection, connection.cursor() as cursor:
        rivers = _rivers(cursor, solution)
        lines = [_line(cursor, solution, river, days) for river in rivers]
    if not lines:
        return figures.NOTHING
    drawn = figures.figure(6.6, 1.5 * len(lines) + 0.2)
    panels = drawn.subplots(len(lines), sharex=True, squeeze=False)[:, 0]
    for axes, river, line in zip(panels, rivers, lines, strict=True):
        _draw(axes, line)
        figures.dress(axes, river.label, "m³/s")
    figures.legend(panels[0])
    return figures.markdown(drawn, f"Flow of {solution.value}, {_days(lines)}")


def forecast_plot(engine: sa.Engine, dataset: Solution, days: int = FORECAST_DAYS) -> str:
    """Draw the current forecast behind the last days of its dataset as markdown with an embedded PNG.

    Args:
        engine: with a role that may read the tables.
        dataset: the configured series.
        days: length of the observed part [d].
    """
    with transaction(engine) as connection, connection.cursor() as cursor:
        rivers = _rivers(cursor, dataset)
        past = [_line(cursor, dataset, river, days) for river in rivers]
        coming = [_line(cursor, Solution.FORECAST, river, days) for river in rivers]
    if not past:
        return figures.NOTHING
    drawn = figures.figure(6.6, 1.5 * len(past) + 0.2)
    panels = drawn.subplots(len(past), sharex=True, squeeze=False)[:, 0]
    for axes, river, line, ahead in zip(panels, rivers, past, coming, strict=True):
        _draw(axes, line)
        dates, flow = np.append(line.dates[-1:], ahead.dates), np.append(line.flow[-1:], ahead.flow)
        axes.plot(
            dates, flow, color=figures.WATER, linewidth=1.2, linestyle=":", marker=".", label="forecast"
        )
        axes.plot(ahead.dates, ahead.expected, color=figures.USUAL, linewidth=1, linestyle="--")
        axes.axvline(line.dates[-1], color="#9ca3af", linewidth=0.8)
        figures.dress(axes, river.label, "m³/s")
    figures.legend(panels[0])
    return figures.markdown(drawn, f"Forecast, {_days(coming)}")


def _rivers(cursor: Cursor, solution: Solution) -> list[_River]:
    text = files("sagui_pipelines.flow").joinpath("sql/plot_newest.sql").read_text()
    cursor.execute(
        sql.SQL(text).format(
            table=sql.Identifier(SCHEMA, table_name(solution)),
            tablename=sql.Literal(table_name(solution)),
            flow=sql.Identifier(flow_column(solution)),
        )
    )
    rows = cursor.fetchall()
    named = [_River(cell, f"{name} (cell {cell})") for cell, _, name in rows if name]
    return (named or _by_size([(cell, flow) for cell, flow, _ in rows]))[:_PANELS]


def _by_size(cells: Sequence[tuple[int, float]]) -> list[_River]:
    """Rivers of clearly different size; `cells` has the largest flow first."""
    if not cells:
        return []
    flow = np.array([value for _, value in cells])
    ranks = [int(np.abs(flow - share * flow[0]).argmin()) for share in _SHARES]
    return [_River(cells[rank][0], f"cell {cells[rank][0]}") for rank in dict.fromkeys(ranks)]


def _line(cursor: Cursor, solution: Solution, river: _River, days: int) -> _Line:
    names = {
        "table": sql.Identifier(SCHEMA, table_name(solution)),
        "flow": sql.Identifier(flow_column(solution)),
    }
    text = files("sagui_pipelines.flow").joinpath("sql/plot_series.sql").read_text()
    cursor.execute(
        sql.SQL("SELECT max(date) FROM {table} WHERE cell_id = %(cell)s").format(**names),
        {"cell": river.cell},
    )
    last = (cursor.fetchone() or (None,))[0]
    cursor.execute(sql.SQL(text).format(**names), {"cell": river.cell, "last": last, "days": days})
    found = {day: (flow, expected) for day, flow, expected in cursor.fetchall()}
    return _gapless(found)


def _gapless(found: dict[date, tuple[float | None, float | None]]) -> _Line:
    """Days without a row become NaN, so that a gap is seen as a gap."""
    if not found:
        return _Line(np.empty(0, "datetime64[D]"), np.empty(0), np.empty(0))
    first, last = min(found), max(found)
    calendar = [first + timedelta(offset) for offset in range((last - first).days + 1)]
    values = np.array([found.get(day, (None, None)) for day in calendar], np.float64)
    return _Line(np.array(calendar, "datetime64[D]"), values[:, 0], values[:, 1])


def _draw(axes: Axes, line: _Line) -> None:
    known = ~np.isnan(line.flow) & ~np.isnan(line.expected)
    for colour, where in (
        (figures.WATER, line.flow >= line.expected),
        (figures.DRY, line.flow < line.expected),
    ):
        axes.fill_between(
            line.dates,
            line.flow,
            line.expected,
            where=known & where,
            color=colour,
            alpha=0.18,
            linewidth=0,
            interpolate=True,
        )
    axes.plot(line.dates, line.flow, color=figures.WATER, linewidth=1.4, label="flow")
    axes.plot(
        line.dates,
        line.expected,
        color=figures.USUAL,
        linewidth=1,
        linestyle="--",
        label="usual for the season",
    )
    axes.margins(x=0.01)


def _days(lines: Sequence[_Line]) -> str:
    dates = np.concatenate([line.dates for line in lines])
    return figures.span(dates.min().item(), dates.max().item()) if dates.size else "no day"
