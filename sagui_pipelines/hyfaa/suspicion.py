"""What looks odd in a file and may still be right: told to people, and nothing is held back for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from sagui_pipelines.hydro.plausibility import FEWEST_CELLS
from sagui_pipelines.hyfaa.portal import Portal
from sagui_pipelines.hyfaa.solutions import FILES, Solution

MISSING_SHARE: Final = 0.01
"""Share of the cells that may lose their value on the newest day without a word."""

COLLAPSED_SHARE: Final = 0.5
"""Share of the flowing cells without any spread from which an ensemble counts as collapsed."""

BACKWARD_SHARE: Final = 0.1


def suspicions(portal: Portal, solution: Solution, earlier: Portal | None) -> tuple[str, ...]:
    """Sentences on what looks odd in a copy that was accepted.

    Args:
        portal: the open copy.
        solution: what it is.
        earlier: the copy before; None when there is none.
    """
    found = [*_calendar(portal), *_newest(portal, solution), *_flags(portal, solution)]
    if earlier is not None:
        found += _changes(portal, earlier, is_forecast=FILES[solution].is_forecast)
    return tuple(found)


def _calendar(portal: Portal) -> Iterator[str]:
    steps = np.diff(portal.dates).astype(int)
    holes = np.flatnonzero(steps > 1)
    if holes.size:
        missing, at = int((steps[holes] - 1).sum()), int(holes[-1])
        yield f"lacks {missing} day(s) inside, the newest hole after {portal.dates[at]}"


def _newest(portal: Portal, solution: Solution) -> Iterator[str]:
    last = portal.dates.size - 1
    flow = portal.read("flow_mean", max(0, last - 1), last + 1)
    known = ~np.isnan(flow[-1])
    lost = (~np.isnan(flow[0]) & ~known).sum() / max(1, (~np.isnan(flow[0])).sum())
    if lost > MISSING_SHARE:
        yield f"{portal.dates[-1]}: {lost:.0%} of the cells lost their flow"
    if known.sum() < FEWEST_CELLS:
        return
    backward = float((flow[-1][known] < 0).mean())
    if backward > BACKWARD_SHARE:
        yield f"{portal.dates[-1]}: the river flows backwards in {backward:.0%} of the cells"
    if portal.n_ensemble > 1 and "flow_stddev" in portal.columns:
        flowing = known & (flow[-1] > 1)
        spread = portal.read("flow_stddev", last, last + 1)[0]
        collapsed = float((spread[flowing] == 0).mean()) if flowing.any() else 0.0
        if collapsed > COLLAPSED_SHARE:
            yield (
                f"{portal.dates[-1]}: {portal.n_ensemble} members agree to the last digit in {collapsed:.0%} of the "
                f"rivers; the {solution.value} ensemble has collapsed"
            )


def _flags(portal: Portal, solution: Solution) -> Iterator[str]:
    analysed = int(portal.is_analysis.sum())
    if analysed and solution is not Solution.ASSIMILATED:
        yield f"calls {analysed} day(s) analyses, and nothing is assimilated in this solution"
    if solution is Solution.MGBSTANDARD and portal.n_ensemble > 1:
        yield f"has {portal.n_ensemble} members; the flow shown is their mean"


def _changes(portal: Portal, earlier: Portal, *, is_forecast: bool) -> Iterator[str]:
    if not is_forecast and portal.n_ensemble != earlier.n_ensemble:
        yield f"has {portal.n_ensemble} member(s), and {earlier.n_ensemble} before"
    if not is_forecast and portal.dates[0] > earlier.dates[0]:
        yield f"begins on {portal.dates[0]}, and on {earlier.dates[0]} before; days already loaded stay"
    gone = sorted(earlier.columns.keys() - portal.columns.keys())
    if gone and portal.n_ensemble > 1:
        yield f"lacks {', '.join(gone)}, which it had before"
