"""Verified copies of HYFAA's portal files: the only way in.

HYFAA truncates and rewrites its files in place, and fails when a reader holds one open. A snapshot is a
plain byte copy, checked whole, that later steps read at leisure.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, BinaryIO

from sagui_pipelines.errors import (
    CellsChanged,
    SourceCorrupt,
    SourceInvalid,
    SourceMissing,
    SourceNotReady,
    SourceShrunk,
    WorkspaceUnwritable,
)
from sagui_pipelines.hyfaa.accepted import accepted_days
from sagui_pipelines.hyfaa.portal import Portal
from sagui_pipelines.hyfaa.solutions import FILES, Solution
from sagui_pipelines.hyfaa.verification import verify
from sagui_pipelines.hyfaa.workspace import refuse_lock, unwritable

KEPT_VERSIONS = 3

_CURRENT = "current.json"
_PARTIAL = ".partial"
_ABANDONED_SECONDS = 86_400.0
_BLOCK_BYTES = 4 * 2**20


@dataclass(frozen=True)
class Snapshot:
    """A verified copy of one portal file.

    Attributes:
        path: the copy.
        solution: which series it holds.
        version: first 16 hexadecimal digits of the SHA-256 of its content.
        source: HYFAA's file.
        first_date: oldest day of validity.
        last_date: newest day of validity.
        n_time: number of days.
        n_cells: number of cells.
        n_ensemble: number of members.
        taken_at: when it was taken, UTC.
        source_mtime: modification time of HYFAA's file [s since 1970].
        refused: days that are corrupt and must not be loaded, with the reason.
        notes: what looks odd, as sentences; nothing is held back for it.
    """

    path: Path
    solution: Solution
    version: str
    source: str
    first_date: date
    last_date: date
    n_time: int
    n_cells: int
    n_ensemble: int
    taken_at: datetime
    source_mtime: float
    refused: dict[date, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def open(self) -> Portal:
        """Open the copy; messages name HYFAA's file."""
        is_forecast = FILES[self.solution].is_forecast
        return Portal(self.path, is_forecast=is_forecast, source=self.source, refused=self.refused)


def take_snapshot(
    workdir: Path, solution: Solution, snapshot_dir: Path, *, today: date | None = None
) -> Snapshot:
    """Copy the portal file of a solution, check the copy, and make it current.

    The last good snapshot stays current whenever this raises. Content that is current already is not
    looked at again, unless a person accepts a day that was refused in it.

    Args:
        workdir: HYFAA's working directory; nothing in it is opened with HDF5 or changed.
        solution: which portal.
        snapshot_dir: where copies are kept, one folder per solution.
        today: present day, UTC; None = by the clock.

    Raises:
        SourceMissing: HYFAA has no such file.
        SourceNotReady: HYFAA is writing it, or holds the lock of this solution.
        SourceCorrupt, SourceInvalid: as `Portal` and `verification.verify`; every value computed since the current
            snapshot is read.
        SourceShrunk: a series ends before the current snapshot does.
        CellsChanged: other cells than the current snapshot or the mesh.
        WorkspaceUnwritable: the copy cannot be written.
    """
    files = FILES[solution]
    source, lock, folder = workdir / files.portal, workdir / files.lock, snapshot_dir / solution.value
    previous = _read_current(folder, solution)
    refuse_lock(lock, f"the {solution.value} solution")
    with _partial_file(folder) as partial:
        version, mtime = _copy(source, partial, solution)
        refuse_lock(lock, f"the {solution.value} solution")
        accepted, _ = accepted_days(snapshot_dir)
        if previous is not None and previous.version == version and not accepted & previous.refused.keys():
            return previous
        _refuse_another_solution(source, solution, version, snapshot_dir)
        snapshot = _verify(partial, source, solution, version, mtime, previous, workdir, snapshot_dir, today)
        if previous is not None:
            _compare(snapshot, previous)
        with _writing(snapshot.path):
            partial.replace(snapshot.path)
    _make_current(snapshot)
    _prune(folder, version)
    return snapshot


def current_snapshot(snapshot_dir: Path, solution: Solution) -> Snapshot:
    """Return the newest verified copy.

    Raises:
        SourceMissing: none was taken yet.
        SourceCorrupt: its description cannot be read.
    """
    snapshot = _read_current(snapshot_dir / solution.value, solution)
    if snapshot is None:
        raise SourceMissing(
            snapshot_dir / solution.value,
            f"holds no verified copy of the {solution.value} portal",
            f"Materialize the asset {solution.value}_portal first.",
        )
    return snapshot


def _copy(source: Path, target: Path, solution: Solution) -> tuple[str, float]:
    """Copy bytes; return the version and the modification time of the source."""
    digest = hashlib.sha256()
    with _reading(source, solution):
        before = source.stat()
        if source.is_dir():
            raise SourceCorrupt(source, "is a folder, not a file", "Remove it and run HYFAA again.")
        original = source.open("rb")
    with original, _writing(target), target.open("wb") as copy:
        while block := _read_block(original, source, solution):
            digest.update(block)
            copy.write(block)
        copy.flush()
        os.fsync(copy.fileno())
    with _reading(source, solution):
        after = source.stat()
    if (before.st_ino, before.st_size, before.st_mtime_ns) != (
        after.st_ino,
        after.st_size,
        after.st_mtime_ns,
    ):
        raise SourceNotReady(
            source,
            f"changed while it was copied ({before.st_size} bytes, then {after.st_size})",
            "Wait for HYFAA's step to end and try again.",
        )
    return digest.hexdigest()[:16], after.st_mtime


def _read_block(original: BinaryIO, source: Path, solution: Solution) -> bytes:
    with _reading(source, solution):
        return original.read(_BLOCK_BYTES)


def _refuse_another_solution(source: Path, solution: Solution, version: str, snapshot_dir: Path) -> None:
    for other in Solution:
        current = _read_current(snapshot_dir / other.value, other) if other is not solution else None
        if current is not None and current.version == version:
            raise SourceInvalid(
                source,
                f"is byte for byte the file of the {other.value} solution",
                "Deliver each solution's own file.",
            )


def _verify(
    partial: Path,
    source: Path,
    solution: Solution,
    version: str,
    mtime: float,
    previous: Snapshot | None,
    workdir: Path,
    snapshot_dir: Path,
    today: date | None,
) -> Snapshot:
    accepted, problems = accepted_days(snapshot_dir)
    is_forecast = FILES[solution].is_forecast
    with ExitStack() as stack:
        portal = stack.enter_context(Portal(partial, is_forecast=is_forecast, source=source))
        earlier = _opened(previous, portal, stack)
        if earlier is not None and previous is not None and accepted & previous.refused.keys():
            earlier = None  # the verdict on all rows is asked for again
        start = _read_current(snapshot_dir / Solution.MGBSTANDARD.value, Solution.MGBSTANDARD)
        verdict = verify(
            portal,
            solution,
            workdir=workdir,
            today=today or datetime.now(UTC).date(),
            earlier=earlier,
            series=_opened(start, portal, stack) if is_forecast else None,
            accepted=accepted,
        )
        return Snapshot(
            path=partial.with_name(f"{version}.nc"),
            solution=solution,
            version=version,
            source=str(source),
            first_date=portal.dates[0].item(),
            last_date=portal.dates[-1].item(),
            n_time=int(portal.dates.size),
            n_cells=portal.n_cells,
            n_ensemble=portal.n_ensemble,
            taken_at=datetime.now(UTC),
            source_mtime=mtime,
            refused=verdict.refused,
            notes=(*problems, *verdict.notes),
        )


def _opened(copy: Snapshot | None, portal: Portal, stack: ExitStack) -> Portal | None:
    """An earlier copy to compare with; None when there is none of as many cells, or it was damaged on our disk."""
    if copy is None or copy.n_cells != portal.n_cells:
        return None
    try:
        return stack.enter_context(copy.open())
    except (SourceCorrupt, SourceMissing):
        return None


def _compare(snapshot: Snapshot, previous: Snapshot) -> None:
    accept = f"to accept it on purpose, delete {previous.path.parent / _CURRENT}"
    if snapshot.n_cells != previous.n_cells:
        raise CellsChanged(
            snapshot.source,
            f"has {snapshot.n_cells} cells, and {previous.n_cells} before",
            f"Put the former mesh back; a new mesh needs an empty database and new geography: {accept}.",
        )
    if not FILES[snapshot.solution].is_forecast and snapshot.last_date < previous.last_date:
        raise SourceShrunk(
            snapshot.source,
            f"ends on {snapshot.last_date}, and on {previous.last_date} before",
            f"HYFAA's processing failed half-way: run it again, then its postprocessing; {accept}.",
        )


def _read_current(folder: Path, solution: Solution) -> Snapshot | None:
    description = folder / _CURRENT
    try:
        content: dict[str, Any] = json.loads(description.read_text(encoding="utf-8"))
        snapshot = Snapshot(
            path=folder / f"{content['version']}.nc",
            solution=solution,
            version=content["version"],
            source=content["source"],
            first_date=date.fromisoformat(content["first_date"]),
            last_date=date.fromisoformat(content["last_date"]),
            n_time=content["n_time"],
            n_cells=content["n_cells"],
            n_ensemble=content["n_ensemble"],
            taken_at=datetime.fromisoformat(content["taken_at"]),
            source_mtime=content["source_mtime"],
            refused={date.fromisoformat(day): why for day, why in content.get("refused", {}).items()},
            notes=tuple(content.get("notes", ())),
        )
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        fact = f"cannot be read as the description of a snapshot: {error}"
        raise SourceCorrupt(description, fact, "Delete it and materialize the portal asset again.") from error
    return snapshot if snapshot.path.is_file() else None


def _make_current(snapshot: Snapshot) -> None:
    content = {
        "version": snapshot.version,
        "source": snapshot.source,
        "first_date": snapshot.first_date.isoformat(),
        "last_date": snapshot.last_date.isoformat(),
        "n_time": snapshot.n_time,
        "n_cells": snapshot.n_cells,
        "n_ensemble": snapshot.n_ensemble,
        "taken_at": snapshot.taken_at.isoformat(),
        "source_mtime": snapshot.source_mtime,
        "refused": {day.isoformat(): why for day, why in snapshot.refused.items()},
        "notes": list(snapshot.notes),
    }
    folder = snapshot.path.parent
    with _partial_file(folder) as partial, _writing(folder / _CURRENT):
        with partial.open("w", encoding="utf-8") as file:
            json.dump(content, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(folder / _CURRENT)


def _prune(folder: Path, current: str) -> None:
    """Drop all but the newest versions, and what killed runs left."""
    with _writing(folder):
        others = [path for path in folder.glob("*.nc") if path.stem != current]
        others.sort(key=lambda path: path.stat().st_mtime_ns, reverse=True)
        abandoned = [
            path
            for path in folder.glob(f"*{_PARTIAL}")
            if time.time() - path.stat().st_mtime > _ABANDONED_SECONDS
        ]
        for path in (*others[KEPT_VERSIONS - 1 :], *abandoned):
            path.unlink(missing_ok=True)


@contextmanager
def _partial_file(folder: Path) -> Iterator[Path]:
    """A new file that is gone at the end, unless it was renamed."""
    with _writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=folder, suffix=_PARTIAL)
        os.close(descriptor)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


@contextmanager
def _reading(source: Path, solution: Solution) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise SourceMissing(source, *_absence(solution)) from error
    except OSError as error:
        fact = f"cannot be read: {error.strerror or error}"
        raise SourceCorrupt(source, fact, "Check the disk, and the platform's right to read it.") from error


def _absence(solution: Solution) -> tuple[str, str]:
    if FILES[solution].is_forecast:
        return (
            "is not there: HYFAA removes its forecast before it computes a new one",
            "Wait for the forecast step to end, or run it again if it failed; the last good copy stays in use.",
        )
    return "is not there", "Run HYFAA's processing and postprocessing, or correct SAGUI_HYFAA_WORKDIR."


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except WorkspaceUnwritable:
        raise
    except OSError as error:
        raise unwritable(path, error) from error
