"""Reading one portal file: HYFAA's published NetCDF of a solution.

Only copies are opened here (see `snapshot`): an open reader makes HYFAA's next postprocessing fail.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import netCDF4
import numpy as np
from numpy.typing import NDArray

from sagui_pipelines.errors import SourceCorrupt, SourceInvalid, SourceMissing
from sagui_pipelines.hyfaa.portal_header import RUN_AGAIN, read_header

FLOW_LIMIT_M3S = 1e6
"""No flow is larger in absolute value [m3/s]: the Amazon, the largest river, peaks near 3e5."""
ELEVATION_LIMIT_M = 1e4
"""No water level is larger in absolute value [m]: the highest land is at 8,849."""

_FILL_VALUE = netCDF4.default_fillvals["f8"]
_READ_BYTES = 64 * 2**20
_CACHE_BYTES = 128 * 2**20  # HDF5 would take 64 MB for each column
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
        date_created: when HYFAA began to write the file, as it wrote it; None when the file does not say.
        chunk_days: days to read at a time so that all columns together stay below 64 MB.
    """

    def __init__(self, path: Path, *, is_forecast: bool = False, source: str | Path | None = None) -> None:
        """Open and validate.

        Args:
            path: a copy of the file; never HYFAA's own.
            is_forecast: whether HYFAA appends `years_used` last.
            source: name for messages; `path` by default.

        Raises:
            SourceMissing: no such file.
            SourceCorrupt: not a readable NetCDF-4 file.
            SourceNotReady: HYFAA has not finished writing it.
            SourceInvalid: it breaks the portal contract.
        """
        self.path = path
        self.source = str(source or path)
        _check_file(path, self.source)
        with self._reading():
            self._dataset = netCDF4.Dataset(path, "r")
        try:
            self._dataset.set_auto_maskandscale(False)
            with self._reading():
                header = read_header(self._dataset, self.source, is_forecast=is_forecast)
            self.dates = header.dates
            self.time_added_jd = header.time_added_jd
            self.is_analysis = header.is_analysis
            self.n_cells = header.n_cells
            self.n_ensemble = header.n_ensemble
            self.years_used = header.years_used
            self.columns = header.columns
            self.date_created = header.date_created
            self.chunk_days = max(1, _READ_BYTES // (8 * self.n_cells * len(self.columns)))
            for name in self.columns.values():
                self._dataset.variables[name].set_var_chunk_cache(_CACHE_BYTES // len(self.columns))
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
        if self._dataset.isopen():
            self._dataset.close()

    def chunks(self) -> Iterator[tuple[int, int]]:
        """Return the (start, stop) of consecutive reads that cover all days."""
        return self._spans(self.chunk_days)

    def read(self, column: str, start: int, stop: int) -> NDArray[np.float64]:
        """Return the values of days start..stop-1, shape (stop - start, n_cells).

        Flow in [m3/s], elevation in [m] (the unit attribute `cm` in the file is wrong). Fill values, NaN
        and infinities become NaN; every other value keeps its bits. Negative flows are normal (backwater).

        Raises:
            IndexError: a day outside the file.
            KeyError: a column that the file does not have.
            SourceCorrupt: the values cannot be read.
            SourceInvalid: a value is beyond any river or mountain on Earth.
        """
        if not 0 <= start <= stop <= self.dates.size:
            raise IndexError(f"days {start}..{stop} of {self.dates.size}")
        variable = self._dataset.variables[self.columns[column]]
        with self._reading():
            values = np.asarray(variable[start:stop], dtype=np.float64)
        missing = ~np.isfinite(values)
        for fill in (_FILL_VALUE, *_declared_fills(variable)):
            missing |= values == fill
        values[missing] = np.nan
        self._check_bounds(column, values, start)
        return values

    def verify(self, first: int = 0) -> None:
        """Read every value once, from a row on.

        Raises:
            SourceCorrupt: some values cannot be read.
            SourceInvalid: a value is out of bounds.
        """
        for column in self.columns:
            for start, stop in self._spans(self.chunk_days * len(self.columns), first):
                self.read(column, start, stop)

    def first_change(self, earlier: Portal) -> int:
        """The first row that was computed after an earlier copy of the file; the number of rows when none was."""
        known = min(self.dates.size, earlier.dates.size)
        same = (self.dates[:known] == earlier.dates[:known]) & (
            self.time_added_jd[:known].view(np.int64) == earlier.time_added_jd[:known].view(np.int64)
        )
        return known if same.all() else int(np.argmin(same))

    def _spans(self, days: int, first: int = 0) -> Iterator[tuple[int, int]]:
        for start in range(first, self.dates.size, days):
            yield start, min(start + days, self.dates.size)

    def _check_any_flow(self) -> None:
        for start, stop in self.chunks():
            if not np.isnan(self.read("flow_mean", start, stop)).all():
                return
        raise SourceInvalid(self.source, "streamflow_catchment_mean has no value at all", RUN_AGAIN)

    def _check_bounds(self, column: str, values: NDArray[np.float64], start: int) -> None:
        limit, unit = (FLOW_LIMIT_M3S, "m3/s") if column.startswith("flow") else (ELEVATION_LIMIT_M, "m")
        beyond = np.abs(values) > limit
        if beyond.any():
            day, cell = np.argwhere(beyond)[0]
            fact = (
                f"{column} is {values[day, cell]:g} {unit} on {self.dates[start + day]} in cell {cell + 1}, "
                f"beyond the physical limit of {limit:g}; {int(beyond.sum())} such value(s)"
            )
            raise SourceInvalid(self.source, fact, "Compute these days again with HYFAA.")

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except (OSError, RuntimeError) as error:  # the two that netCDF4 raises for damaged files
            fact = f"cannot be read as NetCDF-4: {error}; it is damaged or cut off"
            raise SourceCorrupt(self.source, fact, RUN_AGAIN) from error


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
