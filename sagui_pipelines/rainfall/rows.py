"""Rain files as encoded table rows; a day that is refused is remembered and the others go on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from sagui_pipelines.errors import SaguiError, SourceInvalid
from sagui_pipelines.flow.cells import check_cells
from sagui_pipelines.hyfaa.rain_store import COMPUTE_AGAIN, RainFile, RainStore
from sagui_pipelines.postgis.copy_binary import Field, encode
from sagui_pipelines.postgis.load import Block
from sagui_pipelines.rainfall.quality import rain_fault

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Judgement:
    """What days of rain are judged with.

    Attributes:
        today: present day, UTC; rain of later days is no observation. None = not judged.
        area_km2: land of all cells together [km2]; None where it is not known.
        accepted: days that a person vouches for.
    """

    today: date | None = None
    area_km2: float | None = None
    accepted: frozenset[date] = field(default_factory=frozenset)


class RainRows:
    """Encodes days of rain and remembers what became of each.

    Attributes:
        row_counts: rows of each day read.
        refused: error of each day refused.
        n_cells: cells of the files; None before the first one was read, if none were expected.
    """

    def __init__(
        self,
        store: RainStore,
        fields: Sequence[Field],
        expected_cells: int | None,
        catalogue: Mapping[date, RainFile] | None = None,
        judgement: Judgement | None = None,
    ) -> None:
        """Prepare.

        Args:
            store: where the files are.
            fields: columns of the table, in its order.
            expected_cells: what every file must have; None = what the first one has.
            catalogue: file of each day, for the day before the one judged.
            judgement: what days are judged with; None = they were judged when they were loaded.
        """
        self._store = store
        self._fields = fields
        self._catalogue = catalogue or {}
        self._judgement = judgement
        self._newest: tuple[date, NDArray[np.float64]] | None = None
        self.n_cells = expected_cells
        self.row_counts: dict[date, int] = {}
        self.refused: dict[date, SaguiError] = {}

    def blocks(self, files: Sequence[RainFile]) -> Iterator[Block]:
        """Encoded rows of some days; a missing value makes no row."""
        for file in files:
            try:
                rain = self._good_rain(file)
            except SaguiError as error:
                self.refused[file.date] = error
                continue
            self.n_cells = rain.size
            known = ~np.isnan(rain)
            self.row_counts[file.date] = int(known.sum())
            for data in encode(self._fields, _columns(file.date, rain, known)):
                yield Block(file.date.year, data)

    def _good_rain(self, file: RainFile) -> NDArray[np.float64]:
        """Rain of a day that may be loaded."""
        rain = self._store.read(file)
        check_cells(file.path, rain.size, self.n_cells)
        if self._judgement is not None and file.date not in self._judgement.accepted:
            self._judge(file, rain, self._judgement)
        self._newest = (file.date, rain)
        return rain

    def _judge(self, file: RainFile, rain: NDArray[np.float64], judgement: Judgement) -> None:
        today = judgement.today
        if today is not None and file.date > today + _ONE_DAY:
            fact = f"is dated {file.date}, {(file.date - today).days} days after today"
            raise SourceInvalid(
                file.path, fact, "Correct the clock of HYFAA's machine or the date of the row."
            )
        why = rain_fault(rain, self._day_before(file.date), judgement.area_km2)
        if why is not None:
            raise SourceInvalid(file.path, why, COMPUTE_AGAIN)

    def _day_before(self, day: date) -> NDArray[np.float64] | None:
        """Rain of the day before; None when there is none that can be read."""
        earlier = day - _ONE_DAY
        if self._newest is not None and self._newest[0] == earlier:
            return self._newest[1]
        if earlier in self.refused or earlier not in self._catalogue:
            return None
        try:
            return self._store.read(self._catalogue[earlier])
        except SaguiError:  # that day has a refusal of its own
            return None


def _columns(
    day: date, rain: NDArray[np.float64], known: NDArray[np.bool_]
) -> dict[str, NDArray[np.generic]]:
    cells = np.flatnonzero(known).astype(np.int32) + np.int32(1)
    return {
        "cell_id": cells,
        "date": np.full(cells.size, np.datetime64(day, "D")),
        "rain": rain[known],
    }
