"""Putting right what a killed step left: locks and rows half added at once, old leftovers by age.

Only called for stores whose flock is held alone, and only when nothing else can be at work (see `guard`).
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import netCDF4

from sagui_pipelines.hyfaa.netcdf import LIBRARY
from sagui_pipelines.hyfaa.running.catalogue import delete_unfinished, unfinished
from sagui_pipelines.hyfaa.running.layout import Layout
from sagui_pipelines.hyfaa.running.plan import SCIENCE, SOLUTIONS, Store, databases, solution_folder

_DAY_S = 86_400.0
# What an execution makes for itself and leaves behind.
_OLD_SCIENCE = re.compile(r"_old(\d{14})$")
_LITTER = ("temphyfaa*", "nccomp*")


def damage(workdir: Path, store: Store) -> list[str]:
    """What a killed step left in a store, one sentence each; empty when it is sound."""
    found = []
    for database in databases(store):
        lock = workdir / database.lock
        if lock.exists():
            found.append(f"the lock {lock.relative_to(workdir)}")
        rows = len(unfinished(workdir, database))
        if rows:
            found.append(f"{rows} row(s) half added in {database.path}")
    return found


def repair(workdir: Path, store: Store) -> list[str]:
    """Remove stale locks and rows half added; returns what was done, one sentence each."""
    done = [f"removed {what}" for what in damage(workdir, store)]
    if done:
        for database in databases(store):
            if unfinished(workdir, database):
                delete_unfinished(workdir, database)
            (workdir / database.lock).unlink(missing_ok=True)
    return done


def quiet_for(workdir: Path, store: Store) -> timedelta:
    """How long nothing was written in a store."""
    newest = 0.0
    for database in databases(store):
        folder = (workdir / database.path).parent
        for path in (folder, *folder.glob("*"), *folder.glob("data_store/*"), workdir / database.lock):
            newest = max(newest, path.stat().st_mtime if path.exists() else 0.0)
    return timedelta(seconds=time.time() - newest)


def drop_unusable_science(workdir: Path, solution: str) -> list[str]:
    """Remove a science file that cannot be read: its postprocessing would fail once more before it makes a new one."""
    science = workdir / solution_folder(solution) / SCIENCE
    if not science.exists():
        return []
    try:
        with LIBRARY, netCDF4.Dataset(science) as dataset:
            usable = {"n_time", "n_cells", "n_ensemble"} <= dataset.dimensions.keys()
    except (OSError, RuntimeError):  # the two that netCDF4 raises for damaged files
        usable = False
    if usable:
        return []
    size = science.stat().st_size
    science.unlink()
    return [f"removed {science.relative_to(workdir)}, a stub of {size} bytes"]


def sweep(layout: Layout, keep_days: float) -> list[str]:
    """Remove leftovers older than `keep_days`; returns one sentence with their number and size, or nothing."""
    oldest = time.time() - keep_days * _DAY_S
    old = [path for path in _leftovers(layout) if _age_mark(path) < oldest]
    size = sum(_size(path) for path in old)
    for path in old:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    return (
        [f"removed {len(old)} leftover(s) older than {keep_days:g} days, {size / 1e6:.1f} MB"] if old else []
    )


def _leftovers(layout: Layout) -> Iterator[Path]:
    for solution in SOLUTIONS:
        yield from (layout.workdir / solution_folder(solution)).glob("post_processing_*.nc_old*")
    for folder in (
        layout.workdir,
        layout.temporary,
        *layout.temporary.glob("*/"),
        *layout.own.glob("current/*/"),
    ):
        for pattern in _LITTER:
            yield from folder.glob(pattern)
    yield from layout.temporary.glob("hysope_results_*")
    yield from layout.temporary.glob("*/hysope_results_*")
    yield from layout.logs.glob("*.log")


def _age_mark(path: Path) -> float:
    """When a leftover was left [s since 1970]: by its name, where that tells, since moving a file keeps its times."""
    stamp = _OLD_SCIENCE.search(path.name)
    if stamp:
        return datetime.strptime(stamp[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp()
    return max([path.stat().st_mtime, *(inner.stat().st_mtime for inner in path.rglob("*"))])


def _size(path: Path) -> int:
    return sum(file.stat().st_size for file in (path, *path.rglob("*")) if file.is_file())
