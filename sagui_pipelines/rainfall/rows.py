"""Rain files as encoded table rows; a day that is refused is remembered and the others go on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from sagui_pipelines.errors import SaguiError
from sagui_pipelines.flow.cells import check_cells
from sagui_pipelines.hyfaa.rain_store import RainFile, RainStore
from sagui_pipelines.postgis.copy_binary import Field, encode
from sagui_pipelines.postgis.load import Block


class RainRows:
    """Encodes days of rain and remembers what became of each.

    Attributes:
        row_counts: rows of each day read.
        refused: error of each day refused.
        n_cells: cells of the files; None before the first one was read, if none were expected.
    """

    def __init__(self, store: RainStore, fields: Sequence[Field], expected_cells: int | None) -> None:
        """Prepare.

        Args:
            store: where the files are.
            fields: columns of the table, in its order.
            expected_cells: what every file must have; None = what the first one has.
        """
        self._store = store
        self._fields = fields
        self.n_cells = expected_cells
        self.row_counts: dict[date, int] = {}
        self.refused: dict[date, SaguiError] = {}

    def blocks(self, files: Sequence[RainFile]) -> Iterator[Block]:
        """Encoded rows of some days; a missing value makes no row."""
        for file in files:
            try:
                rain = self._store.read(file)
                check_cells(file.path, rain.size, self.n_cells)
            except SaguiError as error:
                self.refused[file.date] = error
                continue
            self.n_cells = rain.size
            known = ~np.isnan(rain)
            self.row_counts[file.date] = int(known.sum())
            for data in encode(self._fields, _columns(file.date, rain, known)):
                yield Block(file.date.year, data)


def _columns(
    day: date, rain: NDArray[np.float64], known: NDArray[np.bool_]
) -> dict[str, NDArray[np.generic]]:
    cells = np.flatnonzero(known).astype(np.int32) + np.int32(1)
    return {
        "cell_id": cells,
        "date": np.full(cells.size, np.datetime64(day, "D")),
        "rain": rain[known],
    }
