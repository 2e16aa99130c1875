"""Which days a load must write: those HYFAA computed again since they were loaded, and nothing else."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sagui_pipelines.errors import DayNotAvailable, SourceShrunk
from sagui_pipelines.hydro.floating_median import dependants
from sagui_pipelines.hyfaa.portal import Portal
from sagui_pipelines.postgis.import_state import LoadedDays


def recomputed_days(portal: Portal, loaded: LoadedDays) -> NDArray[np.datetime64]:
    """Days of the file that were never loaded, or were computed again since.

    The two times of computation are compared bit for bit: they are stored as the file has them, and the clock
    behind them is a local one that may jump either way.
    """
    known = np.isin(portal.dates, loaded.dates)
    position = np.searchsorted(loaded.dates, portal.dates[known])
    same = np.zeros(portal.dates.size, bool)
    same[known] = portal.time_added_jd[known].view(np.int64) == loaded.time_added_jd[position].view(np.int64)
    return portal.dates[~same]


def due_days(
    portal: Portal, loaded: LoadedDays, days: NDArray[np.datetime64] | None = None, *, force: bool = False
) -> NDArray[np.datetime64]:
    """Days to write, increasing.

    These are the wanted days that were recomputed, and loaded days anywhere whose floating median rests on one
    of them. Refused days of the file are never due.

    Args:
        portal: the file.
        loaded: what the table holds.
        days: the days wanted; None = all. Days outside the file are passed over.
        force: take wanted days also when they were not recomputed.

    Raises:
        DayNotAvailable: none of the wanted days is in the file.
    """
    wanted = portal.dates if days is None else np.intersect1d(portal.dates, days.astype("datetime64[D]"))
    if wanted.size == 0:
        asked = "no day was asked for" if days is None or days.size == 0 else f"{days.min()} to {days.max()}"
        raise DayNotAvailable(
            portal.source,
            f"holds no day of those asked for ({asked}); it has {portal.dates[0]} to {portal.dates[-1]}",
            "Ask for days that the model has computed.",
        )
    refused = np.array(list(portal.refused or ()), "datetime64[D]")
    recomputed = np.setdiff1d(np.intersect1d(wanted, recomputed_days(portal, loaded)), refused)
    moved = dependants(portal.dates, recomputed)
    due = np.union1d(wanted if force else recomputed, np.intersect1d(moved, loaded.dates))
    return np.setdiff1d(due, refused)


def vanished_days(portal: Portal, loaded: LoadedDays) -> NDArray[np.datetime64]:
    """Loaded days inside the file's own range that the file no longer has; their rows are kept."""
    inside = (loaded.dates >= portal.dates[0]) & (loaded.dates <= portal.dates[-1])
    return np.setdiff1d(loaded.dates[inside], portal.dates)


def check_not_shrunk(portal: Portal, loaded: LoadedDays) -> None:
    """Refuse a file that ends before what was loaded.

    Raises:
        SourceShrunk: its newest day went back.
    """
    if loaded.dates.size and portal.dates[-1] < loaded.dates[-1]:
        raise SourceShrunk(
            portal.source,
            f"ends on {portal.dates[-1]}, but days up to {loaded.dates[-1]} were loaded from it earlier",
            "A model step failed after removing its last days: run the model again, then load.",
        )
