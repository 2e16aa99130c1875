"""Judging a fresh copy of a portal file: against itself, the copy before, the mesh, the clock."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from sagui_pipelines.errors import SourceInvalid
from sagui_pipelines.hyfaa.continuation import check_continues, check_mesh
from sagui_pipelines.hyfaa.mesh import usable_mesh
from sagui_pipelines.hyfaa.portal import Portal
from sagui_pipelines.hyfaa.quality import Verdict, judge
from sagui_pipelines.hyfaa.solutions import FILES, Solution
from sagui_pipelines.hyfaa.succession import SETTLED_DAYS, Reference
from sagui_pipelines.hyfaa.suspicion import suspicions

AHEAD_DAYS: Final = 7
"""Days by which a series may be ahead of the clock [d]: the model runs at most four days beyond today, where rain is
forecast; a forecast begins after that."""


def verify(
    portal: Portal,
    solution: Solution,
    *,
    workdir: Path,
    today: date,
    earlier: Portal | None = None,
    series: Portal | None = None,
    accepted: Collection[date] = frozenset(),
) -> Verdict:
    """Judge a copy: what was computed since the copy before is read and judged day by day.

    Args:
        portal: the open copy.
        solution: what it is.
        workdir: HYFAA's working directory, for the mesh.
        today: present day, UTC.
        earlier: the open copy before, where there is one of as many cells.
        series: for a forecast: the open copy of the series it starts from.
        accepted: days that a person vouches for.

    Raises:
        SourceCorrupt: some values cannot be read.
        SourceInvalid: the file contradicts the copy before or the calendar, or too many of its days are corrupt.
        CellsChanged: its cells are not those of the mesh or of the copy before.
    """
    is_forecast = FILES[solution].is_forecast
    _check_clock(portal, today, ahead=AHEAD_DAYS + 1 if is_forecast else AHEAD_DAYS, is_forecast=is_forecast)
    mesh, broken = usable_mesh(workdir)
    if mesh is not None:
        check_mesh(portal, mesh)
    first, known = 0, None
    if earlier is not None and not is_forecast:
        # Rows that HYFAA did not compute again were judged when they came; a load that needs one reads it again.
        first, known = portal.first_change(earlier), earlier.refused
        check_continues(portal, earlier, first)
        first = min(first, portal.dates.size - 1)
    before = None if series is None else _newest_day(series, portal)
    verdict = judge(portal, mesh=mesh, first=first, known=known, before=before, accepted=accepted)
    if is_forecast and verdict.refused:
        day, why = next(iter(verdict.refused.items()))
        raise SourceInvalid(
            portal.source,
            f"{len(verdict.refused)} of {portal.dates.size} forecast days are corrupt, the first {day}: {why}",
            "Run HYFAA's forecast step again; the last good forecast stays in use.",
        )
    return replace(
        verdict, notes=(*filter(None, [broken]), *verdict.notes, *suspicions(portal, solution, earlier))
    )


def _check_clock(portal: Portal, today: date, *, ahead: int, is_forecast: bool) -> None:
    day = portal.dates[0 if is_forecast else -1].item()
    if day > today + timedelta(days=ahead):
        raise SourceInvalid(
            portal.source,
            f"{'begins' if is_forecast else 'ends'} on {day}, {(day - today).days} days after today",
            "Correct the clock of HYFAA's machine or the dates of the file.",
        )


def _newest_day(series: Portal, portal: Portal) -> Reference | None:
    """The day from which a forecast starts, where the series ends on it."""
    if series.n_cells != portal.n_cells or (portal.dates[0] - series.dates[-1]).astype(int) != 1:
        return None
    row = series.dates.size - 1
    flow, level = (
        series.read(name, row, row + 1)[0] if name in series.columns else None
        for name in ("flow_mean", "elevation_mean")
    )
    if flow is None or series.dates[row].item() in (series.refused or {}):
        return None
    return Reference(flow, level, min(series.dates.size, SETTLED_DAYS))
