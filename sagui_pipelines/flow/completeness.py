"""Which cells and days a series lacks between its first and its newest day. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Hole:
    """Consecutive days that lack as many cells each.

    Attributes:
        first, last: the days.
        missing: cells without a row on each of them.
    """

    first: date
    last: date
    missing: int

    def __str__(self) -> str:
        days = f"{self.first}" if self.first == self.last else f"{self.first} to {self.last}"
        return f"{days}: {self.missing:,} cells"


def find_holes(rows: Mapping[date, int]) -> tuple[int, list[Hole]]:
    """Return the number of cells that a full day has, and the holes, by date.

    A full day is the fullest one: cells that never have a value are no holes.

    Args:
        rows: number of cells with a row, by day.
    """
    full = max(rows.values(), default=0)
    holes: list[Hole] = []
    if not full:
        return 0, holes
    day, last = min(rows), max(rows)
    while day <= last:
        missing = full - rows.get(day, 0)
        if missing:
            before = holes[-1] if holes else None
            if before is not None and before.last == day - _DAY and before.missing == missing:
                holes[-1] = Hole(before.first, day, missing)
            else:
                holes.append(Hole(day, day, missing))
        day += _DAY
    return full, holes
