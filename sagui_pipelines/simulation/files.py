"""Files that appear whole: written aside on the same disk, then renamed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sagui_pipelines.errors import WorkspaceUnwritable


@contextmanager
def writing_in(folder: Path) -> Iterator[Path]:
    """Give an empty folder for unfinished files; it is removed afterwards, whatever happens.

    Raises:
        WorkspaceUnwritable: the folder cannot be written, or the disk is full.
    """
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        yield folder
    except OSError as error:
        raise WorkspaceUnwritable(
            folder.parent,
            f"cannot be written: {error}",
            "Free space on the disk, or give the user the right to write there.",
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a path to write to; when the block ends well, the file there takes the place of `path`.

    Raises:
        WorkspaceUnwritable: as for `writing_in`.
    """
    with writing_in(path.parent / f".{path.name}.part") as aside:
        yield aside / path.name
        (aside / path.name).replace(path)
