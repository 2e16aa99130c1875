"""What lies in HYFAA's working directory when it is filled from elsewhere, known by content and not by name or time.

A file that is written again with the same content is no news; one that is moved into place under an old time is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from sagui_pipelines.errors import SourceCorrupt
from sagui_pipelines.hyfaa.running.catalogue import all_rows
from sagui_pipelines.hyfaa.running.plan import ASSIMILATION_DATABASE, states_database
from sagui_pipelines.hyfaa.solutions import FILES, FORCING_ONMESH, STATIC_DATA, Solution

_BLOCK_BYTES = 4 * 2**20

FILES_OF_ASSETS: dict[str, PurePosixPath] = {
    "static_data": STATIC_DATA,
    **{f"{solution.value}_portal": FILES[solution].portal for solution in Solution},
}
CATALOGUES_OF_ASSETS: dict[str, PurePosixPath] = {
    "forcing_onmesh_db": FORCING_ONMESH / "database_manager.sql",
    "assimilation_db": ASSIMILATION_DATABASE,
    "mgbstandard_states_db": states_database("mgbstandard"),
    "assimilated_states_db": states_database("assimilated"),
}


@dataclass(frozen=True)
class Seen:
    """What was seen of one file.

    Attributes:
        signature: inode, size and time of the last change, which nobody can set; they tell whether to look closer.
        content: first 16 hexadecimal digits of the SHA-256 of its content; empty while it changes.
    """

    signature: tuple[int, int, int]
    content: str


Sight = dict[str, Seen]


def look(workdir: Path, before: Mapping[str, Seen]) -> Sight:
    """Look at every file and catalogue that is there, by the name of its asset.

    A file whose signature differs from the one before is still being written, for all one knows: its content is
    only taken at the next look, if it has stayed as it is.

    Raises:
        SourceCorrupt: a file cannot be read.
        SourceNotReady: a catalogue is being written.
    """
    sight = {}
    for name, relative in (FILES_OF_ASSETS | CATALOGUES_OF_ASSETS).items():
        path = workdir / relative
        try:
            status = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        signature = (status.st_ino, status.st_size, status.st_ctime_ns)
        known = before.get(name, Seen((0, 0, 0), ""))
        if known.signature != signature:
            sight[name] = Seen(signature, "")
        elif known.content:
            sight[name] = known
        else:
            sight[name] = Seen(signature, _content(path, is_catalogue=name in CATALOGUES_OF_ASSETS))
    return sight


def remember(sight: Sight, told: Mapping[str, str], number: int) -> str:
    """Make a text of what was seen, of the content of each asset that was told last, and of how often it was."""
    files = {name: [*seen.signature, seen.content] for name, seen in sight.items()}
    return json.dumps({"files": files, "told": dict(told), "number": number})


def recall(text: str | None) -> tuple[Sight, dict[str, str], int]:
    """Read what `remember` made; nothing from an empty text."""
    content: dict[str, Any] = json.loads(text) if text else {"files": {}, "told": {}, "number": 0}
    sight = {
        name: Seen((inode, size, changed), version)
        for name, (inode, size, changed, version) in content["files"].items()
    }
    return sight, content["told"], content["number"]


def _content(path: Path, *, is_catalogue: bool) -> str:
    digest = hashlib.sha256()
    try:
        if is_catalogue:
            for row in sorted(map(repr, all_rows(path))):
                digest.update(row.encode())
        else:
            with path.open("rb") as file:
                while block := file.read(_BLOCK_BYTES):
                    digest.update(block)
    except OSError as error:
        raise SourceCorrupt(
            path,
            f"cannot be read: {error.strerror or error}",
            "Give the platform's account the right to read it.",
        ) from error
    return digest.hexdigest()[:16]
