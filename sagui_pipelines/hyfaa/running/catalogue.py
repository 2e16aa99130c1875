"""HYFAA's SQLite catalogues as a runner uses them: reading rows, and deleting those that a killed step left half added."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from sagui_pipelines.errors import SourceCorrupt, SourceNotReady
from sagui_pipelines.hyfaa.running.plan import Database

OBSERVATIONS_TABLE = (
    "CREATE TABLE FILEINFO(mesh_id int, value float, uncertainty float, date_data str, lon float, lat float, "
    "date_added_to_db str, sv_name str, info str)"
)
_BUSY_S = 10.0
_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED")


@dataclass(frozen=True)
class StateRow:
    """A finished state of a solution.

    Attributes:
        name: file name.
        day: day of the state, at 00:00 UTC.
        added: when it was stored, in the clock of HYFAA's machine, as written.
        members: number of members inside.
        kind: `control` or `analysis`.
    """

    name: str
    day: date
    added: str
    members: int
    kind: str


def rain_days(workdir: Path, database: Database) -> list[date]:
    """Days in a rain catalogue, increasing; empty when there is none yet."""
    rows = _rows(
        workdir / database.path, "SELECT DISTINCT date_data FROM FILEINFO WHERE file_status = 'added'"
    )
    return sorted(_day(workdir / database.path, row[0]) for row in rows)


def state_rows(workdir: Path, database: Database) -> list[StateRow]:
    """Finished states of a solution, by day; empty when there are none yet."""
    path = workdir / database.path
    rows = _rows(
        path,
        "SELECT file_path, date_data, date_added_to_db, ensemble_size, type FROM FILEINFO WHERE file_status = 'added'",
    )
    states = [
        StateRow(str(name), _day(path, day), str(added), int(str(members)), str(kind))
        for name, day, added, members, kind in rows
    ]
    return sorted(states, key=lambda state: (state.day, state.kind))


def unfinished(workdir: Path, database: Database) -> list[Path]:
    """Files of the rows that a killed step left in status `adding`, whether or not they are there."""
    if database.files is None:
        return []
    path = workdir / database.path
    columns = {row[1] for row in _rows(path, "PRAGMA table_info(FILEINFO)")}
    kind = "type" if "type" in columns else "''"
    rows = _rows(path, f"SELECT file_path, {kind} FROM FILEINFO WHERE file_status = 'adding'")  # noqa: S608
    return [path.parent / database.files.format(type=kind) / str(name) for name, kind in rows]


def delete_unfinished(workdir: Path, database: Database) -> None:
    """Delete the rows in status `adding`, and their files."""
    for file in unfinished(workdir, database):
        file.unlink(missing_ok=True)
    with _open(workdir / database.path, "rw") as connection, connection:
        connection.execute("DELETE FROM FILEINFO WHERE file_status = 'adding'")


def observations(workdir: Path, database: Database) -> tuple[int, int, str]:
    """Number of observations, number of stations they come from, and the newest date; `none` when there is none."""
    [(rows, stations, newest)] = _rows(
        workdir / database.path, "SELECT count(*), count(DISTINCT sv_name), max(date_data) FROM FILEINFO"
    ) or [(0, 0, None)]
    return int(str(rows)), int(str(stations)), str(newest or "none")[:10]


def all_rows(path: Path) -> list[tuple[object, ...]]:
    """Every row of a catalogue, whatever its columns.

    Raises:
        SourceCorrupt: it is not a catalogue.
    """
    return _rows(path, "SELECT * FROM FILEINFO")


def create_observations(workdir: Path, database: Database) -> bool:
    """Make an empty database of observations unless there is one; returns whether it did.

    The model looks for it even when it assimilates nothing.
    """
    path = workdir / database.path
    if path.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)
    with closing(sqlite3.connect(partial)) as connection, connection:
        connection.execute(OBSERVATIONS_TABLE)
    partial.replace(path)
    return True


def _rows(path: Path, query: str) -> list[tuple[object, ...]]:
    if not path.exists():
        return []
    with _open(path, "ro") as connection:
        return connection.execute(query).fetchall()


def _day(path: Path, text: object) -> date:
    try:
        return datetime.fromisoformat(str(text)).date()
    except ValueError as error:
        raise SourceCorrupt(
            path, f"has a row dated {text!r}", "Delete the row, then run the step again."
        ) from error


@contextmanager
def _open(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
    try:
        with closing(
            sqlite3.connect(f"{path.as_uri()}?mode={mode}", uri=True, timeout=_BUSY_S)
        ) as connection:
            yield connection
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorname", "").startswith(_BUSY):
            raise SourceNotReady(
                path, "is being written by a step of HYFAA", "Wait for the step to end and try again."
            ) from error
        raise SourceCorrupt(
            path,
            f"cannot be used as HYFAA's catalogue: {error}",
            "Restore it from a copy, or remove the store's folder: HYFAA computes it anew.",
        ) from error
