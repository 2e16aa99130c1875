"""Rain of the whole basin for the asset page: one bar a day."""

from __future__ import annotations

from importlib.resources import files

import sqlalchemy as sa

from sagui_pipelines.flow import figures
from sagui_pipelines.postgis.engine import transaction

RAIN_DAYS = 90


def rain_plot(engine: sa.Engine, days: int = RAIN_DAYS) -> str:
    """Draw the mean rain of all cells per day as markdown with an embedded PNG.

    Args:
        engine: with a role that may read the table.
        days: number of days drawn [d].
    """
    text = files("sagui_pipelines.rainfall").joinpath("sql/plot_rain.sql").read_text()
    with transaction(engine) as connection, connection.cursor() as cursor:
        cursor.execute(text, {"days": days})
        rows = cursor.fetchall()
    if not rows:
        return figures.NOTHING
    dates, mean, largest = zip(*rows, strict=True)
    drawn = figures.figure(6.6, 2.2)
    axes = drawn.subplots()
    axes.bar(dates, mean, width=0.85, color=figures.WATER, label="mean of all cells")
    axes.plot(
        dates, largest, linestyle="none", marker="_", markersize=4, color=figures.DRY, label="wettest cell"
    )
    axes.set_ylim(bottom=0)
    axes.set_yscale("symlog", linthresh=20)
    axes.set_yticks([0, 5, 10, 20, 50, 100, 200], labels=["0", "5", "10", "20", "50", "100", "200"])
    axes.set_ylim(0, max(25, 1.3 * max(largest)))
    axes.margins(x=0.01)
    figures.dress(axes, f"Rain, {figures.span(dates[0], dates[-1])}", "mm/day")
    figures.legend(axes)
    return figures.markdown(drawn, f"Rain of the basin, {figures.span(dates[0], dates[-1])}")
