"""The two folders everything depends on: HYFAA's, which is only read, and the platform's own."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path

from sagui_pipelines.errors import SourceMissing, SourceNotReady, WorkspaceUnwritable
from sagui_pipelines.hyfaa.solutions import FILES, FORCING_ONMESH

LEAST_FREE_MB = 200


def check_workdir(workdir: Path) -> None:
    """Tell whether `workdir` can be HYFAA's working directory.

    Raises:
        SourceMissing: not there, not a folder, not readable, or without any of HYFAA's result folders.
    """
    remedy = "Set SAGUI_HYFAA_WORKDIR to HYFAA's working directory."
    if not workdir.exists():
        raise SourceMissing(workdir, "does not exist", remedy)
    if not workdir.is_dir():
        raise SourceMissing(workdir, "is a file, not a folder", remedy)
    if not os.access(workdir, os.R_OK | os.X_OK):
        raise SourceMissing(
            workdir, "may not be read by the platform's account", "Give it the right to read."
        )
    expected = sorted({files.portal.parts[0] for files in FILES.values()} | {str(FORCING_ONMESH)})
    if not any((workdir / name).is_dir() for name in expected):
        raise SourceMissing(workdir, f"holds none of the folders {', '.join(expected)}", remedy)


def check_state_dir(state_dir: Path) -> None:
    """Make the state folder where it is missing, and tell whether it can be written.

    Raises:
        WorkspaceUnwritable: it cannot be made or written, or less than 200 MB are free.
    """
    try:
        state_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=state_dir, prefix=".probe-") as probe:
            probe.write(b"sagui")
        free_mb = shutil.disk_usage(state_dir).free // 10**6
    except OSError as error:
        raise unwritable(state_dir, error) from error
    if free_mb < LEAST_FREE_MB:
        fact = f"has {free_mb} MB free on its disk, and {LEAST_FREE_MB} are needed"
        raise WorkspaceUnwritable(state_dir, fact, "Free some space.")


def unwritable(path: Path, error: OSError) -> WorkspaceUnwritable:
    """Return the error that says why `path` in the state folder cannot be written."""
    reason = error.strerror or str(error)
    return WorkspaceUnwritable(
        path,
        f"cannot be written: {reason}",
        "Make the state folder writable for the platform's account, on a disk with free space.",
    )


def refuse_lock(lock: Path, what: str) -> None:
    """Refuse to read `what` while HYFAA's lock file exists.

    HYFAA leaves locks behind when it is killed, and nothing in a lock tells its owner: a person decides.

    Raises:
        SourceNotReady: the lock is there.
    """
    try:
        age_hours = (time.time() - lock.stat().st_mtime) / 3600.0
    except (FileNotFoundError, NotADirectoryError):
        return
    raise SourceNotReady(
        lock,
        f"a step of HYFAA is writing {what} (locked for {age_hours:.1f} h)",
        "Wait for the step to end; if none is running, a killed one left this lock: delete it.",
    )
