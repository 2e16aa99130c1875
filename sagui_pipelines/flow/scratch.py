"""Rows of a portal file in temporary files: any length of history, any chunk layout, in little memory.

HYFAA's portal files are compressed in chunks of hundreds of days. Reading a few days of all columns at a time would
decompress each chunk over and over, and keeping the chunks of all columns costs memory without bound. So one column is read
at a time, many days at once, and set down here.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sagui_pipelines.flow.series import read_value
from sagui_pipelines.hydro.floating_median import candidate_indexes
from sagui_pipelines.hyfaa.portal import Portal

_COLUMN_BYTES = 48 * 2**20
# The server waits for the first span, so that one is small.
_FIRST_SHARE = 1 / 8


class RowFile:
    """Rows of float64, one per day, in an unnamed temporary file; a context manager."""

    def __init__(self, n_cells: int) -> None:
        """Make an empty file of rows of `n_cells`."""
        self._file = tempfile.TemporaryFile(prefix="sagui-")  # noqa: SIM115
        self._n_cells = n_cells

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the disk space back."""
        self._file.close()

    def append(self, rows: NDArray[np.float64]) -> None:
        """Add rows (k, n_cells)."""
        self._file.write(np.ascontiguousarray(rows).data)

    def read(self, start: int, stop: int) -> NDArray[np.float64]:
        """Rows start..stop-1, (stop - start, n_cells)."""
        values = np.empty((stop - start, self._n_cells))
        self._file.flush()
        view = memoryview(values.data).cast("B") if values.size else memoryview(b"")
        offset = start * self._n_cells * values.itemsize
        while view.nbytes:
            count = os.preadv(self._file.fileno(), [view], offset)
            if count == 0:
                raise EOFError(f"row {stop - 1} is beyond the end of the scratch file")
            view, offset = view[count:], offset + count
        return values


class ScratchHistory:
    """Some days of one column; implements `hydro.floating_median.HistoryRows`."""

    def __init__(self, file: RowFile, kept: NDArray[np.intp], n_cells: int) -> None:
        """Wrap a filled file.

        Args:
            file: the rows of the days kept.
            kept: their positions in the portal, increasing.
            n_cells: number of cells.
        """
        self._file = file
        self._kept = kept
        self._n_cells = n_cells

    def rows(self, indexes: NDArray[np.intp]) -> NDArray[np.float64]:
        """Values (k, n_cells) [m3/s] of some of the days kept, by position in the portal."""
        slots = np.searchsorted(self._kept, indexes)
        values = np.empty((slots.size, self._n_cells))
        for run in np.split(np.arange(slots.size), np.flatnonzero(np.diff(slots) != 1) + 1):
            if run.size:
                values[run[0] : run[-1] + 1] = self._file.read(int(slots[run[0]]), int(slots[run[-1]]) + 1)
        return values


class Span:
    """All columns of some days; a context manager.

    Attributes:
        indexes: positions of the days in the portal, increasing.
    """

    def __init__(self, file: RowFile, names: Sequence[str], indexes: NDArray[np.intp]) -> None:
        """Wrap a file that holds the days of one column after those of the other."""
        self.indexes = indexes
        self._file = file
        self._names = list(names)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def read(self, name: str, first: int, last: int) -> NDArray[np.float64]:
        """One column of days first..last-1 of this span, (last - first, n_cells)."""
        offset = self._names.index(name) * self.indexes.size
        return self._file.read(offset + first, offset + last)


def spans(portal: Portal, names: Sequence[str], indexes: NDArray[np.intp]) -> Iterator[Span]:
    """Set down all columns of some days, as many days at a time as one column may take in memory.

    Args:
        portal: the file.
        names: columns of the table.
        indexes: positions of the days, increasing.
    """
    for part in _hulls(indexes, portal.n_cells, _FIRST_SHARE):
        file = RowFile(portal.n_cells)
        for name in names:
            file.append(_read_days(portal, name, part))
        yield Span(file, names, part)


@contextmanager
def scratch_history(portal: Portal, column: str, days: NDArray[np.datetime64]) -> Iterator[ScratchHistory]:
    """Keep the candidates of some days for the length of a block; refused days of the portal count as missing.

    Args:
        portal: the file whose own days are the candidates.
        column: the flow of the series.
        days: the days whose floating median will be wanted, datetime64[D].
    """
    needed = np.zeros(portal.dates.size, bool)
    for day in days:
        needed[candidate_indexes(portal.dates, day)] = True
    kept = np.flatnonzero(needed)
    refused = np.isin(portal.dates, np.array(list(portal.refused or ()), "datetime64[D]"))
    with RowFile(portal.n_cells) as file:
        for part in _hulls(kept, portal.n_cells):
            rows = _read_days(portal, column, part)
            rows[refused[part]] = np.nan
            file.append(rows)
        yield ScratchHistory(file, kept, portal.n_cells)


def _hulls(indexes: NDArray[np.intp], n_cells: int, share: float = 1) -> Iterator[NDArray[np.intp]]:
    """Split increasing positions so that each part, with what lies between, fits in memory.

    The first part takes only a share of it, the following ones twice as much each.
    """
    while indexes.size:
        width = max(1, int(share * _COLUMN_BYTES) // (8 * n_cells))
        count = int(np.searchsorted(indexes, indexes[0] + width))
        yield indexes[:count]
        indexes, share = indexes[count:], min(1, 2 * share)


def _read_days(portal: Portal, name: str, indexes: NDArray[np.intp]) -> NDArray[np.float64]:
    first, last = int(indexes[0]), int(indexes[-1])
    values = read_value(portal, name, first, last + 1)
    return values if len(values) == indexes.size else values[indexes - first]
