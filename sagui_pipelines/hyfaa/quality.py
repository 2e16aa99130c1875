"""The verdict on the days of a portal file: which are certainly corrupt and must not be loaded, and what looks odd.

A day is refused only for what no weather and no river explains; the rules and their bounds are listed in docs/checks.md.
A few impossible values do not condemn a day: they become missing, and are told.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sagui_pipelines.errors import SourceInvalid
from sagui_pipelines.hydro.limits import MM_KM2_PER_M3S, RUNOFF_LIMIT_MM, flow_limit_m3s
from sagui_pipelines.hydro.plausibility import FEWEST_CELLS, constant_value, impossible_spread
from sagui_pipelines.hyfaa.mesh import Mesh
from sagui_pipelines.hyfaa.portal import Portal, limits
from sagui_pipelines.hyfaa.succession import Reference, break_with

FEW_SHARE: Final = 0.01
"""Share of a day's cells that may hold impossible values without condemning the day."""

BACKWARD_SHARE: Final = 0.5
"""Share of the cells that never flow backwards at the same time; real ensembles reach a quarter."""

MOST_SHARE: Final = 0.5
"""Share of refused days above which it is the file that is corrupt, not some days of it."""

_SPAN_BYTES = 16 * 2**20  # of one column; up to four are in memory together
_ROWS = 16  # computed at a time, to keep intermediate results small
_AGAIN = "Compute these days again with HYFAA, or have them accepted as docs/checks.md tells."

Block = NDArray[np.float64]


@dataclass(frozen=True)
class Verdict:
    """What was found in a file.

    Attributes:
        refused: days that must not be loaded, with the reason.
        notes: what looks odd, as sentences; nothing is held back for it.
        last_good: the newest day that is good, as reference for what follows it; None when there is none.
    """

    refused: dict[date, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    last_good: Reference | None = None


def judge(
    portal: Portal,
    *,
    mesh: Mesh | None = None,
    first: int = 0,
    known: Mapping[date, str] | None = None,
    before: Reference | None = None,
    accepted: Collection[date] = frozenset(),
) -> Verdict:
    """Read every value once, from a row on, and judge the days.

    Args:
        portal: the open copy.
        mesh: areas of the cells; rules that need them are left out without.
        first: row to begin with.
        known: the verdict on earlier rows of the same content.
        before: what comes before the first row, where it is not in the file: for a forecast, the newest day of the series.
        accepted: days that a person vouches for; they are read and not judged.

    Raises:
        SourceCorrupt: some values cannot be read.
        SourceInvalid: more than half of the days judged are corrupt.
    """
    work = _Judge(portal, mesh, frozenset(accepted))
    earlier = {day: why for day, why in (known or {}).items() if day < portal.dates[first].item()}
    work.start(first, earlier, before)
    days = max(1, _SPAN_BYTES // (8 * portal.n_cells))
    with portal.in_order():
        for start, stop in portal.spans(days, first):
            work.span(start, stop)
    judged = portal.dates.size - first
    if len(work.faults) > MOST_SHARE * judged:
        row, why = min(work.faults.items())
        fact = f"{len(work.faults)} of {judged} days are corrupt, the first {portal.dates[row]}: {why}"
        raise SourceInvalid(portal.source, fact, _AGAIN)
    refused = {portal.dates[row].item(): why for row, why in sorted(work.faults.items())}
    return Verdict({**earlier, **refused}, tuple(work.notes), work.reference)


def refused_days(portal: Portal) -> Mapping[date, str]:
    """The days of a file that must not be loaded; a file that nobody has judged is judged now.

    Raises:
        SourceCorrupt, SourceInvalid: see `judge`.
    """
    if portal.refused is None:
        portal.refused = judge(portal).refused
    return portal.refused


class _Judge:
    """Goes through a file in order and collects the first fault of each row."""

    def __init__(self, portal: Portal, mesh: Mesh | None, accepted: frozenset[date]) -> None:
        self.faults: dict[int, str] = {}
        self.notes: list[str] = []
        self.reference: Reference | None = None
        self._portal = portal
        self._mesh = mesh
        self._accepted = accepted

    def start(self, first: int, earlier: Mapping[date, str], before: Reference | None) -> None:
        """Take the newest good day before a row as reference."""
        self.reference = before
        good = [row for row in range(first) if self._portal.dates[row].item() not in earlier]
        if good:
            flow, level = (
                self._portal.read(name, good[-1], good[-1] + 1)[0] if name in self._portal.columns else None
                for name in ("flow_mean", "elevation_mean")
            )
            assert flow is not None  # noqa: S101  every portal has it
            self.reference = Reference(flow, level, len(good))

    def span(self, start: int, stop: int) -> None:
        """Judge some days."""
        flow, level = self._quantity("flow", start, stop), self._quantity("elevation", start, stop)
        assert flow is not None  # noqa: S101
        self._fields(flow, start)
        self._areas(flow, start)
        for row in range(start, stop):
            here = Reference(flow[row - start], None if level is None else level[row - start], 0)
            broken = break_with(self.reference, here) if row not in self.faults else None
            if broken is not None:
                self._refuse(row, broken)
            if row not in self.faults:
                days = self.reference.days + 1 if self.reference else 1
                self.reference = Reference(
                    here.flow.copy(), None if here.level is None else here.level.copy(), days
                )

    def _refuse(self, row: int, why: str) -> None:
        if self._portal.dates[row].item() not in self._accepted:
            self.faults.setdefault(row, why)

    def _quantity(self, quantity: str, start: int, stop: int) -> Block | None:
        """Read the statistics of a quantity, judge them, and return the mean."""
        names = [name for name in self._portal.columns if name.startswith(quantity)]
        read = {name.rpartition("_")[2]: self._read(name, start, stop) for name in names}
        if {"mean", "median", "stddev", "mad"} <= read.keys():
            mean, median = read["mean"], read["median"]
            wrong = np.empty(mean.shape, bool)
            for row in range(0, len(mean), _ROWS):
                part = slice(row, row + _ROWS)
                wrong[part] = impossible_spread(
                    mean[part], median[part], read["stddev"][part], read["mad"][part]
                )
            self._cells(wrong, ~np.isnan(mean), start, f"contradictory statistics of {quantity}")
            self._cells(
                np.isnan(median) & ~np.isnan(mean), ~np.isnan(mean), start, f"{quantity} without its median"
            )
        return read.get("mean")

    def _read(self, name: str, start: int, stop: int) -> Block:
        values, beyond = self._portal.read_marked(name, start, stop)
        if beyond.any():
            low, high = limits(name)
            unit = "m3/s" if name.startswith("flow") else "m"
            self._cells(
                beyond, beyond | ~np.isnan(values), start, f"{name} outside {low:g} to {high:g} {unit}"
            )
        return values

    def _cells(self, wrong: NDArray[np.bool_], known: NDArray[np.bool_], start: int, what: str) -> None:
        """Refuse the days on which more than a few of the known cells are wrong; tell of the others."""
        counts = wrong.sum(axis=1)
        for row in np.flatnonzero(counts):
            cell = int(wrong[row].argmax()) + 1
            found = f"{what} in {counts[row]} of {int(known[row].sum())} cells, the first cell {cell}"
            if counts[row] > FEW_SHARE * known[row].sum():
                self._refuse(start + int(row), found)
            else:
                self.notes.append(f"{self._portal.dates[start + row]}: {found}; left out")

    def _fields(self, flow: Block, start: int) -> None:
        known = ~np.isnan(flow)
        counts = known.sum(axis=1)
        with np.errstate(invalid="ignore"):
            backward = (flow < 0).sum(axis=1)
        for row in range(len(flow)):
            if counts[row] == 0:
                self._refuse(start + row, "no cell has a flow")
            elif (value := constant_value(flow[row])) is not None:
                self._refuse(start + row, f"all {counts[row]} cells have the same flow, {value:g} m3/s")
            elif counts[row] >= FEWEST_CELLS and backward[row] > BACKWARD_SHARE * counts[row]:
                self._refuse(
                    start + row, f"the river flows backwards in {backward[row]} of {counts[row]} cells"
                )

    def _areas(self, flow: Block, start: int) -> None:
        if self._mesh is None or flow.shape[1] < FEWEST_CELLS:
            return
        drained = self._mesh.drained_km2
        with np.errstate(invalid="ignore"):
            beyond = np.abs(flow) > flow_limit_m3s(drained)
        for row in np.flatnonzero((~np.isnan(flow)).sum(axis=1) >= FEWEST_CELLS):
            runoff = float(np.nanmedian(flow[row] / drained)) * MM_KM2_PER_M3S
            if runoff > RUNOFF_LIMIT_MM:
                what = f"half of the basin sheds more than {runoff:.0f} mm in a day"
                self._refuse(
                    start + int(row), f"{what}; no rain known brings more than {RUNOFF_LIMIT_MM:g} mm"
                )
        self._beyond_envelope(beyond, ~np.isnan(flow), start)

    def _beyond_envelope(self, beyond: NDArray[np.bool_], known: NDArray[np.bool_], start: int) -> None:
        counts = beyond.sum(axis=1)
        for row in np.flatnonzero(counts):
            found = (
                f"more flow than a catchment of that size ever gave in {counts[row]} cells, the first cell "
            )
            found += str(int(beyond[row].argmax()) + 1)
            if counts[row] > FEW_SHARE * known[row].sum():
                self._refuse(start + int(row), found)
            else:
                # Backwater and exchange between cells make flows that have nothing to do with the land upstream.
                self.notes.append(f"{self._portal.dates[start + row]}: {found}")
