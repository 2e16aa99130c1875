"""Reading one portal file: HYFAA's published NetCDF of a solution.

Only copies are opened here (see `snapshot`): an open reader makes HYFAA's next postprocessing fail.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import netCDF4
import numpy as np
from numpy.typing import NDArray

from sagui_pipelines.errors import SourceCorrupt, SourceInvalid, SourceMissing
from sagui_pipelines.hydro.limits import FLOW_LIMIT_M3S, LEVEL_LIMITS_M
from sagui_pipelines.hyfaa.netcdf import LIBRARY
from sagui_pipelines.hyfaa.portal_header import RUN_AGAIN, read_header

_FILL_VALUE = netCDF4.default_fillvals["f8"]
_READ_BYTES = 64 * 2**20
_CACHE_BYTES = 128 * 2**20  # HDF5 would take 64 MB for each column
_NO_CACHE_BYTES = 8 * 1024
_HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"


class Portal:
    """A complete, well-formed portal file, open for reading; a context manager.

    Attributes:
        path: the file that is open.
        source: the name messages use: the file at HYFAA, of which `path` is a copy.
        dates: days of validity, datetime64[D], increasing, (n_time,).
        time_added_jd: when HYFAA computed each day, CNES julian days [d] in its machine's clock, (n_time,).
        is_analysis: whether observations were assimilated on each day, bool, (n_time,).
        n_cells: number of cells; cell_id = array index + 1.
        n_ensemble: number of members.
        years_used: calendar years a forecast took its rain from; None when the file does not say.
        columns: table column (`flow_mean`, `elevation_stddev`, ...) -> NetCDF variable, those present.
        longitude, latitude: centres of the cells [degrees], float64 (n_cells); NaN when the file does not say.
        refused: days that must not be loaded, with the reason; None while nobody has judged the file.
        date_created: when HYFAA began to write the file, as it wrote it; None when the file does not say.
        chunk_days: days to read at a time so that all columns together stay below 64 MB.
    """

    def __init__(
        self,
        path: Path,
        *,
        is_forecast: bool = False,
        source: str | Path | None = None,
        refused: Mapping[date, str] | None = None,
    ) -> None:
        """Open and validate.

        Args:
            path: a copy of the file; never HYFAA's own.
            is_forecast: whether HYFAA appends `years_used` last.
            source: name for messages; `path` by default.
            refused: the verdict on its days, when there is one (see `quality`).

        Raises:
            SourceMissing: no such file.
            SourceCorrupt: not a readable NetCDF-4 file.
            SourceNotReady: HYFAA has not finished writing it.
            SourceInvalid: it breaks the portal contract.
        """
        self.path = path
        self.source = str(source or path)
        self.refused = refused
        _check_file(path, self.source)
        with self._reading():
            self._dataset = netCDF4.Dataset(path, "r")
        try:
            with self._reading():
                self._dataset.set_auto_maskandscale(False)
                header = read_header(self._dataset, self.source, is_forecast=is_forecast)
            self.dates = header.dates
            self.time_added_jd = header.time_added_jd
            self.is_analysis = header.is_analysis
            self.n_cells = header.n_cells
            self.n_ensemble = header.n_ensemble
            self.years_used = header.years_used
            self.columns = header.columns
            self.longitude, self.latitude = header.longitude, header.latitude
            self.date_created = header.date_created
            self.chunk_days = max(1, _READ_BYTES // (8 * self.n_cells * len(self.columns)))
            self._set_caches(_CACHE_BYTES)
            self._check_any_flow()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; harmless when it is closed already."""
        with LIBRARY:
            if self._dataset.isopen():
                self._dataset.close()

    def chunks(self) -> Iterator[tuple[int, int]]:
        """Return the (start, stop) of consecutive reads that cover all days."""
        return self.spans(self.chunk_days)

    def spans(self, days: int, first: int = 0) -> Iterator[tuple[int, int]]:
        """Return the (start, stop) of consecutive parts of about so many days, from a row on.

        Parts end where the file's compressed chunks end, so that none is decompressed twice.
        """
        depth = self._chunk_depth
        step = max(1, days // depth) * depth
        start = first
        while start < self.dates.size:
            stop = min((start // step + 1) * step, self.dates.size)
            yield start, stop
            start = stop

    def read(self, column: str, start: int, stop: int) -> NDArray[np.float64]:
        """Return the values of days start..stop-1, shape (stop - start, n_cells).

        Flow in [m3/s], elevation in [m] (the unit attribute `cm` in the file is wrong). Fill values, NaN,
        infinities and values beyond any river or mountain on Earth become NaN; every other value keeps its bits.
        Negative flows are normal (backwater).

        Raises:
            IndexError: a day outside the file.
            KeyError: a column that the file does not have.
            SourceCorrupt: the values cannot be read.
        """
        return self.read_marked(column, start, stop)[0]

    def read_marked(
        self, column: str, start: int, stop: int
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """As `read`, with the places of the values beyond all limits; both (stop - start, n_cells)."""
        if not 0 <= start <= stop <= self.dates.size:
            raise IndexError(f"days {start}..{stop} of {self.dates.size}")
        variable = self._dataset.variables[self.columns[column]]
        with self._reading():
            values = np.asarray(variable[start:stop], dtype=np.float64)
            declared = _declared_fills(variable)
        missing = ~np.isfinite(values)
        for fill in (_FILL_VALUE, *declared):
            missing |= values == fill
        values[missing] = np.nan
        low, high = limits(column)
        beyond: NDArray[np.bool_] = (values < low) | (values > high)
        values[beyond] = np.nan
        return values, beyond

    def first_change(self, earlier: Portal) -> int:
        """The first row that was computed after an earlier copy of the file; the number of rows when none was."""
        known = min(self.dates.size, earlier.dates.size)
        same = (self.dates[:known] == earlier.dates[:known]) & (
            self.time_added_jd[:known].view(np.int64) == earlier.time_added_jd[:known].view(np.int64)
        )
        return known if same.all() else int(np.argmin(same))

    @contextmanager
    def in_order(self) -> Iterator[None]:
        """For a block that reads `spans` of one column after the other: nothing is kept to be read twice."""
        self._set_caches(_NO_CACHE_BYTES)
        try:
            yield
        finally:
            self._set_caches(_CACHE_BYTES)

    def _set_caches(self, total_bytes: int) -> None:
        with self._reading():
            for name in self.columns.values():
                self._dataset.variables[name].set_var_chunk_cache(total_bytes // len(self.columns))

    @property
    def _chunk_depth(self) -> int:
        """Days in one compressed chunk of the file; 1 where it is not compressed."""
        with self._reading():
            chunks = self._dataset.variables[self.columns["flow_mean"]].chunking()
        return 1 if isinstance(chunks, str) else min(int(chunks[0]), self.dates.size)

    def _check_any_flow(self) -> None:
        for start, stop in self.chunks():
            if not np.isnan(self.read("flow_mean", start, stop)).all():
                return
        raise SourceInvalid(self.source, "streamflow_catchment_mean has no value at all", RUN_AGAIN)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            with LIBRARY:
                yield
        except (OSError, RuntimeError) as error:  # the two that netCDF4 raises for damaged files
            fact = f"cannot be read as NetCDF-4: {error}; it is damaged or cut off"
            raise SourceCorrupt(self.source, fact, RUN_AGAIN) from error


def limits(column: str) -> tuple[float, float]:
    """Bounds of a column that nothing on Earth exceeds: flow [m3/s] or elevation [m]; the spread as the value."""
    if column.startswith("flow"):
        return -FLOW_LIMIT_M3S, FLOW_LIMIT_M3S
    low, high = LEVEL_LIMITS_M
    return (low, high) if column.endswith(("mean", "median")) else (low - high, high - low)


def _check_file(path: Path, source: str) -> None:
    try:
        with path.open("rb") as file:
            magic = file.read(len(_HDF5_MAGIC))
    except FileNotFoundError as error:
        raise SourceMissing(source, "does not exist", "Run HYFAA, or correct the path.") from error
    except IsADirectoryError as error:
        raise SourceCorrupt(source, "is a folder, not a file", "Remove it and run HYFAA again.") from error
    except OSError as error:
        fact = f"cannot be opened: {error.strerror}"
        raise SourceCorrupt(source, fact, "Give the platform's account the right to read it.") from error
    if not magic:
        raise SourceCorrupt(source, "is empty (0 bytes)", RUN_AGAIN)
    if magic != _HDF5_MAGIC:
        raise SourceCorrupt(source, f"is not NetCDF-4: it begins with {magic!r}", RUN_AGAIN)


def _declared_fills(variable: Any) -> tuple[float, ...]:
    names = {"_FillValue", "missing_value"} & set(variable.ncattrs())
    return tuple(float(value) for name in names for value in np.ravel(variable.getncattr(name)))
