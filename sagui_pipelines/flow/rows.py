"""Days of a portal file as encoded table rows: values, expected flow and anomaly, computed once, written once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sagui_pipelines.flow.quality import blot_out
from sagui_pipelines.flow.scratch import Span, spans
from sagui_pipelines.flow.series import any_value, value_columns
from sagui_pipelines.hydro.anomaly import anomaly_percent
from sagui_pipelines.hydro.cnes import to_utc
from sagui_pipelines.hydro.floating_median import HistoryRows, expected_flow
from sagui_pipelines.hyfaa.portal import Portal
from sagui_pipelines.postgis.background import ahead
from sagui_pipelines.postgis.copy_binary import Field, encode
from sagui_pipelines.postgis.load import Block

# Rows encoded at a time: some 3 MB, which stay in the processor's cache between encoding and sending.
_BLOCK_ROWS = 20_000
# Rows whose floating medians are computed at a time: neighbouring days share most of their candidates.
_PIECE_ROWS = 150_000


def update_times(time_added_jd: NDArray[np.float64]) -> NDArray[np.datetime64]:
    """Times of computation with their fraction of a day, datetime64[us] UTC."""
    return np.array([to_utc(float(jd)).replace(tzinfo=None) for jd in time_added_jd], "datetime64[us]")


class SeriesRows:
    """Encodes days of one portal file and counts the rows of each day.

    Attributes:
        row_counts: rows of each day of the portal encoded so far, (n_time,).
        blotted: values of a cell and day left out so far because they contradict one another.
    """

    def __init__(
        self,
        portal: Portal,
        fields: Sequence[Field],
        flow: str,
        history: HistoryRows,
        dates: NDArray[np.datetime64],
    ) -> None:
        """Prepare.

        Args:
            portal: the file whose days are encoded.
            fields: columns of the table, in its order.
            flow: the column that the anomaly is computed from.
            history: rows of the series that gives the floating median.
            dates: days of that series.
        """
        self._portal = portal
        self._fields = fields
        self._flow = flow
        self._history = history
        self._dates = dates
        self._names = value_columns([field.name for field in fields])
        self._update_time = update_times(portal.time_added_jd)
        self.row_counts = np.zeros(portal.dates.size, np.int64)
        self.blotted = 0

    def blocks(
        self, days: NDArray[np.datetime64], constants: Mapping[str, np.datetime64] | None = None
    ) -> Iterator[Block]:
        """Encoded rows of some days of the portal.

        Args:
            days: datetime64[D], increasing, all in the portal.
            constants: further columns that are the same in every row.
        """
        indexes = np.searchsorted(self._portal.dates, days)
        with ahead(spans(self._portal, self._names, indexes), 1) as ready:
            for span in ready:
                with span:
                    for first, last in self._pieces(span.indexes):
                        yield from self._encoded(span, first, last, constants or {})

    def _pieces(self, indexes: NDArray[np.intp]) -> Iterator[tuple[int, int]]:
        """Parts (first, last) of a span that lie in one year and are not too long."""
        years = self._portal.dates[indexes].astype("datetime64[Y]")
        longest = max(1, _PIECE_ROWS // self._portal.n_cells)
        for year in np.split(np.arange(indexes.size), np.flatnonzero(years[1:] != years[:-1]) + 1):
            for start in range(int(year[0]), int(year[-1]) + 1, longest):
                yield start, min(start + longest, int(year[-1]) + 1)

    def _encoded(
        self, span: Span, first: int, last: int, constants: Mapping[str, np.datetime64]
    ) -> Iterator[Block]:
        indexes = span.indexes[first:last]
        values = {name: span.read(name, first, last) for name in self._names}
        self.blotted += blot_out(values)
        keep = any_value(values)
        self.row_counts[indexes] = keep.sum(axis=1)
        days = self._portal.dates[indexes]
        values["flow_expected"] = expected_flow(self._history, self._dates, days)
        values["flow_anomaly"] = anomaly_percent(values[self._flow], values["flow_expected"])
        year = days[0].item().year
        step = max(1, _BLOCK_ROWS // self._portal.n_cells)
        for start in range(0, indexes.size, step):
            part = slice(start, start + step)
            block = {name: column[part] for name, column in values.items()}
            columns = self._columns(indexes[part], block, keep[part], constants)
            for data in encode(self._fields, columns):
                yield Block(year, data)

    def _columns(
        self,
        indexes: NDArray[np.intp],
        values: Mapping[str, NDArray[np.float64]],
        keep: NDArray[np.bool_],
        constants: Mapping[str, np.datetime64],
    ) -> dict[str, NDArray[np.generic]]:
        portal, n_cells = self._portal, self._portal.n_cells
        columns: dict[str, NDArray[np.generic]] = {
            "cell_id": np.tile(np.arange(1, n_cells + 1, dtype=np.int32), indexes.size),
            "date": np.repeat(portal.dates[indexes], n_cells),
            "update_time": np.repeat(self._update_time[indexes], n_cells),
            "is_analysis": np.repeat(portal.is_analysis[indexes], n_cells),
            **{name: np.full(keep.size, value) for name, value in constants.items()},
            **{name: column.ravel() for name, column in values.items()},
        }
        if keep.all():
            return columns
        rows = keep.ravel()
        return {name: column[rows] for name, column in columns.items()}
