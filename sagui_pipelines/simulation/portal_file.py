"""Writes HYFAA's `post_processing_portal.nc`, reusing the compressed rows of the file that it replaces.

netCDF4 lays the file out; the compressed chunks go in through h5py, so that a day more costs no second compression
of years of unchanged rows.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import h5py
import netCDF4
import numpy as np
from numpy.typing import NDArray

from sagui_pipelines.errors import SourceCorrupt
from sagui_pipelines.simulation.files import replacing
from sagui_pipelines.simulation.weather import Days

Batch = Mapping[str, NDArray[np.float64]]

FLOW, LEVEL = "streamflow_catchment", "water_elevation_catchment"
_STATISTICS = {
    "mean": "mean of the ensemble",
    "median": "median of the ensemble",
    "std": "standard deviation of the ensemble, divisor N",
    "mad": "median absolute deviation of the ensemble, scaled by sqrt(2)",
}
# HYFAA's own attributes, wrong unit of the elevation (metres in truth) and wrong factor of the mad included.
_QUANTITIES = {
    LEVEL: ("water elevation", "cm", "relative to river bottom"),
    FLOW: ("river flow", "m^3/s", "at the cell's outlet"),
}
_TIME = {"units": "days since 1950-01-01 00:00:00.0", "calendar": "gregorian"}
_CHUNK_DAYS = 32
_DEFLATE: Final = 4
_EPOCH = np.datetime64("1950-01-01")


@dataclass(frozen=True)
class Rows:
    """What a portal file says of each of its days.

    Attributes:
        days: consecutive days.
        added_jd: when HYFAA computed each day [days since 1950].
        is_analysis: whether observations were assimilated on that day.
    """

    days: Days
    added_jd: NDArray[np.float64]
    is_analysis: NDArray[np.bool_]

    def head(self, number: int) -> Rows:
        """The first days only."""
        return Rows(self.days[:number], self.added_jd[:number], self.is_analysis[:number])

    def then(self, later: Rows) -> Rows:
        """These days, then later ones."""
        pairs = zip(vars(self).values(), vars(later).values(), strict=True)
        return Rows(*(np.concatenate(pair) for pair in pairs))


@dataclass(frozen=True)
class Header:
    """What a portal file says of itself.

    Attributes:
        longitude, latitude: centres of the cells [degrees].
        members: ensemble size; a single member has no statistics but the mean.
        created: start of the postprocessing, UTC, `YYYY-mm-ddTHH:MM:SS`.
        years_used: forecasts only: the year whose rain each member takes.
    """

    longitude: NDArray[np.float64]
    latitude: NDArray[np.float64]
    members: int
    created: str
    years_used: tuple[int, ...] = field(default=())


def column_names(members: int) -> tuple[str, ...]:
    """Variables of a portal file with so many members."""
    statistics = list(_STATISTICS) if members > 1 else ["mean"]
    return tuple(f"{quantity}_{statistic}" for quantity in _QUANTITIES for statistic in statistics)


def read_rows(path: Path, cells: int, members: int) -> Rows | None:
    """Days of a portal file that `write_portal` can reuse; None when there is no such file, or it is damaged."""
    if not path.exists():
        return None
    try:
        with h5py.File(path, "r") as old:
            if any(name not in old or old[name].shape[1] != cells for name in column_names(members)):
                return None
            days = _EPOCH + np.rint(old["time"][:]).astype("timedelta64[D]")
            return Rows(days, old["time_added_to_hydb"][:], old["is_analysis"][:] == 1)
    except OSError:
        return None


def write_portal(path: Path, header: Header, rows: Rows, kept: int, batches: Iterable[Batch]) -> None:
    """Replace a portal file.

    Args:
        path: the file; it appears whole.
        header: its header.
        rows: all its days.
        kept: the first `kept` days are taken from the present file, unchanged to the bit.
        batches: the other days in order, each batch with every column, shape (days, cells).

    Raises:
        WorkspaceUnwritable: the folder cannot be written.
        SourceCorrupt: the present file is damaged.
    """
    names = column_names(header.members)
    with replacing(path) as new:
        _lay_out(new, header, rows, names)
        with h5py.File(new, "r+") as out, ThreadPoolExecutor(2) as pool:
            chunks = _Chunks(out, names, pool)
            if kept:
                _reuse(path, chunks, kept)
            for batch in batches:
                chunks.append(batch)
            chunks.finish()


def _reuse(path: Path, chunks: _Chunks, kept: int) -> None:
    try:
        with h5py.File(path, "r") as old:
            chunks.reuse(old, kept)
    except OSError as error:
        raise SourceCorrupt(
            path, f"cannot be read: {error}", "Remove it; the next run computes the series from the start."
        ) from error


class _Chunks:
    """Fills the columns of a new file chunk by chunk."""

    def __init__(self, out: h5py.File, names: tuple[str, ...], pool: ThreadPoolExecutor) -> None:
        self._out, self._names, self._pool = out, names, pool
        self._depth, self._cells = out[names[0]].chunks
        self._row = 0
        self._waiting = {name: np.empty((0, self._cells)) for name in names}

    def reuse(self, old: h5py.File, kept: int) -> None:
        """Copy whole compressed chunks, and take the rows of the chunk that is cut."""
        same_layout = old[self._names[0]].chunks == (self._depth, self._cells)
        whole = kept // self._depth * self._depth if same_layout else 0
        for name in self._names:
            for row in range(0, whole, self._depth):
                mask, packed = old[name].id.read_direct_chunk((row, 0))
                self._out[name].id.write_direct_chunk((row, 0), packed, mask)
            self._waiting[name] = old[name][whole:kept]
        self._row = whole

    def append(self, batch: Batch) -> None:
        """Take the next days."""
        for name in self._names:
            self._waiting[name] = np.concatenate([self._waiting[name], batch[name]])
        while len(self._waiting[self._names[0]]) >= self._depth:
            self._flush({name: rows[: self._depth] for name, rows in self._waiting.items()})
            self._waiting = {name: rows[self._depth :] for name, rows in self._waiting.items()}

    def finish(self) -> None:
        """Write the last, incomplete chunk; HDF5 wants it in full size."""
        last = len(self._waiting[self._names[0]])
        if last:
            self._flush({k: np.pad(v, ((0, self._depth - last), (0, 0))) for k, v in self._waiting.items()})

    def _flush(self, block: Batch) -> None:
        packed = self._pool.map(lambda name: zlib.compress(block[name].tobytes(), _DEFLATE), self._names)
        for name, data in zip(self._names, packed, strict=True):
            self._out[name].id.write_direct_chunk((self._row, 0), data)
        self._row += self._depth


def _lay_out(path: Path, header: Header, rows: Rows, names: tuple[str, ...]) -> None:
    cells, days = header.longitude.size, rows.days.size
    with netCDF4.Dataset(path, "w") as out:
        out.set_fill_off()
        for name, size in (("n_time", days), ("n_cells", cells), ("n_ensemble", header.members)):
            out.createDimension(name, size)
        out.date_created = header.created
        out.n_ensemble = np.int64(header.members)
        _put(out, "time", "f8", "n_time", (rows.days - _EPOCH).astype(np.float64)).setncatts(
            _TIME | {"long_name": "time", "standard_name": "time"}
        )
        for name, unit, values in (
            ("longitude", "degrees_east", header.longitude),
            ("latitude", "degrees_north", header.latitude),
        ):
            attributes = {
                "units": unit,
                "long_name": name,
                "standard_name": name,
                "comments": "centre of the cell",
            }
            _put(out, name, "f8", "n_cells", values).setncatts(attributes)
        _put(out, "time_added_to_hydb", "f8", "n_time", rows.added_jd).setncatts(
            _TIME | {"long_name": "time at which the state was stored"}
        )
        _put(out, "is_analysis", "u1", "n_time", rows.is_analysis.astype(np.uint8)).units = "0,1"
        for name in names:
            _column(out, name, (min(_CHUNK_DAYS, days), cells))
        if header.years_used:
            _put(out, "years_used", "i4", "n_ensemble", np.array(header.years_used, dtype=np.int32))
            out.fake_prevision_info = "rain of the same days in previous years: " + ", ".join(
                map(str, header.years_used)
            )


def _put(
    out: netCDF4.Dataset, name: str, kind: str, dimension: str, values: NDArray[np.generic]
) -> netCDF4.Variable[Any]:
    variable: netCDF4.Variable[Any] = out.createVariable(
        name, kind, (dimension,), zlib=True, complevel=_DEFLATE, shuffle=False
    )
    variable[:] = values
    return variable


def _column(out: netCDF4.Dataset, name: str, chunks: tuple[int, int]) -> None:
    quantity, statistic = name.rsplit("_", 1)
    what, unit, comment = _QUANTITIES[quantity]
    column = out.createVariable(
        name, "f8", ("n_time", "n_cells"), zlib=True, complevel=_DEFLATE, shuffle=False, chunksizes=chunks
    )
    column.setncatts(
        {
            "units": unit,
            "long_name": f"{what}, {_STATISTICS[statistic]}",
            "standard_name": name,
            "comments": comment,
        }
    )
