"""HYFAA's store of daily rain per cell: a SQLite catalogue and one small NetCDF file per revision of a day.

The catalogue is SQLite's, opened read-only, and not the folder's listing; HYFAA's own classes are never
used, since opening the store with them deletes what another step is adding.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote

import netCDF4
import numpy as np
from numpy.typing import NDArray

from sagui_pipelines.errors import SourceCorrupt, SourceInvalid, SourceMissing, SourceNotReady
from sagui_pipelines.hydro.limits import RAIN_LIMIT_MM
from sagui_pipelines.hyfaa.netcdf import LIBRARY
from sagui_pipelines.hyfaa.rain_rows import SELECT, RainRow, RowError, day_of_name, parse
from sagui_pipelines.hyfaa.workspace import refuse_lock

FEW_SHARE = 0.01
"""Share of the cells that may hold impossible values: they count as missing, and the day stands."""

COMPUTE_AGAIN = "Remove its row and file from HYFAA's rain stores and run HYFAA's forcing step again."

_DATABASE = "database_manager.sql"
_LOCK = "database_manager.sql_lock"
_DATA = "data_store"
_BUSY_SECONDS = 10.0
_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_READONLY")  # READONLY: a write was cut off, HYFAA repairs it
_UNITS = ("mm/day", "mm d-1", "mm day-1", "mm/d", "mm")


@dataclass(frozen=True)
class RainFile:
    """The revision of one day that HYFAA itself uses.

    Attributes:
        date: day of the rain, 00:00 to 24:00 UTC.
        path: the file.
        date_added: when it entered the store, in the clock of HYFAA's machine, without zone.
        product_type: `analysis` or `forecast`.
        grid_status: `complete`, `incomplete` or `replaced`.
        version: name of the file, which identifies the revision.
    """

    date: date
    path: Path
    date_added: datetime
    product_type: str
    grid_status: str
    version: str

    @property
    def identity(self) -> str:
        """What tells the content of the file from any other: its name, size and time; its name when it is gone."""
        try:
            found = self.path.stat()
        except OSError:
            return self.version
        return f"{self.version} {found.st_size} {found.st_mtime_ns}"

    @property
    def is_forecast(self) -> bool:
        """Whether this is rain that was forecast, possibly for a day to come."""
        return self.product_type == "forecast"


@dataclass(frozen=True)
class RainCatalogue:
    """What a rain store holds.

    Attributes:
        files: one file per day, by increasing date.
        problems: what is irregular but does not prevent reading, one sentence each.
    """

    files: tuple[RainFile, ...]
    problems: tuple[str, ...]


class RainStore:
    """HYFAA's `forcing_onmesh_db` folder."""

    def __init__(self, folder: Path) -> None:
        """Name the folder; nothing is opened yet."""
        self.folder = folder

    def catalogue(self) -> RainCatalogue:
        """Return, for each day, the file that HYFAA would use, and what is irregular in the store.

        Raises:
            SourceMissing: the store or its catalogue is not there.
            SourceNotReady: a step of HYFAA is writing the store.
            SourceCorrupt: the catalogue is not HYFAA's SQLite table.
        """
        refuse_lock(self.folder / _LOCK, "the rain store")
        table = self._table()
        names = self._file_names()
        problems: list[str] = []
        rows: list[RainRow] = []
        for entry in table:
            try:
                row = parse(entry)
            except RowError as error:
                problems.append(str(error))
                continue
            if row.name in names:
                rows.append(row)
            else:
                problems.append(f"{row.name}: has a row and no file")
        problems.extend(_without_row(names - {str(entry[0]) for entry in table}))
        files, doubled = self._choose(rows)
        return RainCatalogue(files, (*problems, *doubled))

    def read(self, file: RainFile) -> NDArray[np.float64]:
        """Return rain [mm/day] per cell, (n_cells,), missing = NaN; so are a few impossible values.

        Bytes are read first and decoded in memory, so that HYFAA never meets an HDF5 lock.

        Raises:
            SourceMissing: HYFAA removed the file after the catalogue was read.
            SourceCorrupt: not a readable NetCDF-4 file.
            SourceInvalid: not HYFAA's layout or unit, no value at all, or rain outside 0..2000 mm in more than 1 % of
                the cells.
        """
        raw = _decode(file.path, _content(file.path))
        fill = raw.dtype.type(netCDF4.default_fillvals[f"f{raw.dtype.itemsize}"])
        values = raw.astype(np.float64)
        values[~np.isfinite(raw) | (raw == fill)] = np.nan
        _check_rain(file, values)
        return values

    def _table(self) -> list[tuple[object, ...]]:
        path = self.folder / _DATABASE
        if not path.is_file():
            remedy = "Run HYFAA's forcing step, or correct SAGUI_HYFAA_WORKDIR."
            raise SourceMissing(path, "is not there", remedy)
        address = f"file:{quote(str(path.absolute()))}?mode=ro"
        try:
            with closing(sqlite3.connect(address, uri=True, timeout=_BUSY_SECONDS)) as connection:
                return connection.execute(SELECT).fetchall()
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorname", "").startswith(_BUSY):
                remedy = "Wait for HYFAA's forcing step to end and try again; if none is running, run it."
                raise SourceNotReady(path, f"is being written ({error})", remedy) from error
            fact = f"cannot be read as HYFAA's SQLite catalogue: {error}"
            raise SourceCorrupt(path, fact, "Restore it from a backup, or rebuild it with HYFAA.") from error

    def _file_names(self) -> set[str]:
        folder = self.folder / _DATA
        try:
            return {path.name for path in folder.iterdir()}
        except OSError as error:
            fact = f"cannot be listed: {error.strerror or error}"
            raise SourceMissing(folder, fact, "Run HYFAA's forcing step, or restore the folder.") from error

    def _choose(self, rows: list[RainRow]) -> tuple[tuple[RainFile, ...], list[str]]:
        # Sorting is stable and rows come by insertion: among equals the oldest stays first.
        ordered = sorted(rows, key=lambda row: (row.date, -row.rank))
        files, doubled = [], []
        for day, group in groupby(ordered, key=lambda row: row.date):
            best, *others = group
            path = self.folder / _DATA / best.name
            files.append(RainFile(day, path, best.date_added, best.product_type, best.grid_status, best.name))
            if others:
                rest = ", ".join(row.name for row in others)
                doubled.append(
                    f"{day}: {1 + len(others)} revisions, {best.name} is used as in HYFAA, not {rest}"
                )
        return tuple(files), doubled


def _without_row(names: Iterable[str]) -> list[str]:
    return [
        f"{name}: has no row" if day_of_name(name) else f"{name}: is no file name of HYFAA's"
        for name in sorted(names)
    ]


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        remedy = "Materialize the rain store again, then this day."
        raise SourceMissing(path, "was removed after the catalogue was read", remedy) from error
    except OSError as error:
        fact = f"cannot be read: {error.strerror or error}"
        raise SourceCorrupt(path, fact, COMPUTE_AGAIN) from error
    if not content:
        raise SourceCorrupt(path, "is empty (0 bytes)", COMPUTE_AGAIN)
    return content


def _decode(path: Path, content: bytes) -> NDArray[np.floating]:
    try:
        with LIBRARY, netCDF4.Dataset(path.name, memory=content) as dataset:
            dataset.set_auto_maskandscale(False)
            rain = dataset.variables.get("rain")
            if rain is None or rain.dimensions != ("n_meshes",) or np.dtype(rain.dtype).kind != "f":
                raise SourceInvalid(path, "has no variable rain(n_meshes) of numbers", COMPUTE_AGAIN)
            _check_unit(path, rain)
            return np.asarray(rain[:])
    except (OSError, RuntimeError) as error:  # the two that netCDF4 raises for damaged files
        fact = f"cannot be read as NetCDF-4: {error}; it is damaged or cut off"
        raise SourceCorrupt(path, fact, COMPUTE_AGAIN) from error


def _check_unit(path: Path, rain: netCDF4.Variable[Any]) -> None:
    # HYFAA's own files name no unit; one that does must mean millimetres.
    for name in ("units", "unit"):
        if name in rain.ncattrs() and str(rain.getncattr(name)).strip() not in _UNITS:
            raise SourceInvalid(path, f"is in {rain.getncattr(name)}, not mm/day", COMPUTE_AGAIN)


def _check_rain(file: RainFile, values: NDArray[np.float64]) -> None:
    if np.isnan(values).all():
        raise SourceInvalid(file.path, "has no value in any cell", COMPUTE_AGAIN)
    for wrong, what, extreme in (
        (values < 0.0, "negative rain", np.nanmin(values)),
        (values > RAIN_LIMIT_MM, f"more than {RAIN_LIMIT_MM:g} mm", np.nanmax(values)),
    ):
        if wrong.sum() > FEW_SHARE * values.size:
            fact = f"has {what} in {int(wrong.sum())} of {values.size} cells, up to {extreme:g} mm"
            remedy = (
                f"The source's missing-value codes or units slipped through for {file.date}: {COMPUTE_AGAIN}"
            )
            raise SourceInvalid(file.path, fact, remedy)
        values[wrong] = np.nan
