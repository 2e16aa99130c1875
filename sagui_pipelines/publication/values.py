"""Values per series and day: read once from the tables, encoded, stored so that one row is one answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg2.extensions import cursor as Cursor  # noqa: N812
from psycopg2.extras import execute_values

from sagui_pipelines.postgis.copy_binary import Field, PgType
from sagui_pipelines.postgis.copy_out import read_columns
from sagui_pipelines.publication.encoding import to_bytes
from sagui_pipelines.publication.series import SERIES, Series

_FLOW = ("flow", "anomaly")
_SOURCES: dict[str, tuple[str, ...]] = {
    "assimilated": _FLOW,
    "mgbstandard": _FLOW,
    "forecast": (*_FLOW, "spread"),
    "rain": ("rain",),
    "rain_subbasin": ("rain",),
}


@dataclass(frozen=True)
class Ids:
    """What the values of a day stand for, in their order.

    Attributes:
        dataset: the dataset configured now.
        lists: increasing ids by name: `cells`, `subbasins`.
    """

    dataset: str
    lists: Mapping[str, NDArray[np.int32]]


@dataclass(frozen=True)
class DayGrid:
    """A quantity on days and places.

    Attributes:
        days: (n_days,) datetime64[D], newest first.
        values: (n_days, n_ids), NaN where there is none.
    """

    days: NDArray[np.datetime64]
    values: NDArray[np.float64]


@dataclass(frozen=True)
class Published:
    """Versions of all values.

    Attributes:
        ids: what they stand for.
        days: per series the days, newest first, each with the version of its values.
    """

    ids: Ids
    days: Mapping[str, tuple[tuple[date, str], ...]]


def publish_values(cursor: Cursor) -> Published:
    """Make the stored values those of the tables; what did not change is not written again."""
    ids = _read_ids(cursor)
    grids = {name: _read_source(cursor, name, ids) for name in _SOURCES}
    cursor.execute(_sql("stored_values"))
    stored = {(series, day): version for series, day, version in cursor.fetchall()}
    rows: list[tuple[str, date, str, bytes]] = []
    days: dict[str, tuple[tuple[date, str], ...]] = {}
    for series in SERIES:
        made = encoded(series, grids[series.source or ids.dataset][series.quantity])
        days[series.name] = tuple((day, version) for day, version, _ in made)
        rows += [
            (series.name, day, version, content)
            for day, version, content in made
            if stored.get((series.name, day)) != version
        ]
    if rows:
        execute_values(cursor, _sql("write_values"), rows, page_size=50)
    wanted = {(name, day) for name, listed in days.items() for day, _ in listed}
    gone = tuple(key for key in stored if key not in wanted)
    if gone:
        cursor.execute(_sql("forget_values"), (gone,))
    return Published(ids, days)


def encoded(series: Series, grid: DayGrid) -> list[tuple[date, str, bytes]]:
    """Per day, newest first: day, version, bytes."""
    made = []
    for day, values in zip(grid.days, grid.values, strict=True):
        content = to_bytes(series.encoding.encode(values))
        made.append((day.item(), version_of(content), content))
    return made


def version_of(content: bytes) -> str:
    """Text that changes exactly when the content does."""
    return sha256(content).hexdigest()[:16]


def arranged(
    ids: NDArray[np.int32],
    places: NDArray[np.int32],
    days: NDArray[np.datetime64],
    values: NDArray[np.float64],
) -> DayGrid:
    """Rows as a grid.

    Args:
        ids: increasing; rows of other places are left out.
        places, days, values: (n_rows,), each place and day at most once.
    """
    shown = np.unique(days)[::-1]
    grid = np.full((shown.size, ids.size), np.nan)
    known = np.isin(places, ids)
    columns = np.searchsorted(ids, places[known])
    rows = shown.size - 1 - np.searchsorted(shown[::-1], days[known])
    grid[rows, columns] = values[known]
    return DayGrid(shown, grid)


def _read_ids(cursor: Cursor) -> Ids:
    cursor.execute(_sql("value_ids"))
    dataset, cells, subbasins = cursor.fetchone() or ("", [], [])
    return Ids(dataset, {"cells": np.array(cells, np.int32), "subbasins": np.array(subbasins, np.int32)})


def _read_source(cursor: Cursor, name: str, ids: Ids) -> dict[str, DayGrid]:
    quantities = _SOURCES[name]
    fields = [Field("id", PgType.INT4), Field("date", PgType.DATE)]
    fields += [Field(quantity, PgType.FLOAT8) for quantity in quantities]
    columns: dict[str, NDArray[Any]] = read_columns(cursor, _sql(f"values_{name}"), fields)
    places = ids.lists["subbasins" if name == "rain_subbasin" else "cells"]
    return {
        quantity: arranged(places, columns["id"], columns["date"], columns[quantity])
        for quantity in quantities
    }


def _sql(name: str) -> str:
    return files("sagui_pipelines.publication").joinpath(f"sql/{name}.sql").read_text()
