"""The day-by-day table: what was published when, and who was told what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from datetime import time as hour_of

from tools.play.mailbox import Mailbox
from tools.play.scenes import Scene, at
from tools.play.stage import SERIES, Shown

_HEADS = ("rain", "flow, model", "flow, satellites", "forecast", "flow map")


def table(
    first: date, scenes: Sequence[Scene], history: Sequence[tuple[datetime, Shown]], box: Mailbox
) -> str:
    """Markdown: a row a day.

    Args:
        first: the day before the first one.
        scenes: the days.
        history: what was published from when on.
        box: mails received.
    """
    lines = [
        f"| day | what happens | {' | '.join(_HEADS)} | mails |",
        "|---|---|" + "---|" * len(_HEADS) + "---|",
    ]
    for number, scene in enumerate(scenes, start=1):
        day = first + timedelta(days=number)
        cells = [
            _when(day, day - timedelta(days=1) if table == "sagui_rainfall" else day, table, history)
            for table in SERIES
        ]
        cells.append(_when(day, day, "", history))
        mails = box.between(at(day, hour_of(0)), at(day + timedelta(days=1), hour_of(0)))
        told = "<br>".join(f"{moment:%H:%M} {subject}" for moment, subject in mails) or "none"
        lines.append(f"| {day} | {scene.title} | {' | '.join(cells)} | {told} |")
    return "\n".join(lines) + "\n"


def _when(day: date, newest: date, table: str, history: Sequence[tuple[datetime, Shown]]) -> str:
    """Hour at which a day's data were there; the date as well when that was another day."""
    for moment, shown in history:
        there = shown.series.get(table) if table else shown.map_day
        if there is not None and there >= newest:
            return f"{moment:%H:%M}" if moment.date() == day else f"{moment:%d %b %H:%M}"
    return "never"
