"""Station lists: reading a spreadsheet or csv file, with every problem of the file in one error."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from sagui_pipelines.errors import StationsInvalid
from sagui_pipelines.geography.files import few
from sagui_pipelines.geography.tables import Row, read_rows
from sagui_pipelines.hydro.conversion import Conversion, parse_conversion

THRESHOLDS = ("threshold_drought", "threshold_flood_low", "threshold_flood_mid", "threshold_flood_high")
FIELDS = ("code", "name", "river", "minibasin_id", *THRESHOLDS, "position", "reference_conversion")
MINIMAL_FIELDS = ("code", "name", "minibasin_id")
NO_THRESHOLD = -9999.0

_FULL = ("id_station", "name_station", "river", "latitude", "longitude", "minibasin_mgb", *THRESHOLDS)
_MINIMAL = ("id", "minibasin", "city")
_CONVERSION = "conversion"
_LONGEST_TEXT = 50
_LARGEST_INTEGER = 2**31 - 1

Position = tuple[float, float]


@dataclass(frozen=True)
class Station:
    """One station of a list.

    Attributes:
        row: row in the file, as spreadsheets and editors count.
        code: stable code that imports match.
        name: name shown to people.
        river: river, or None.
        minibasin_id: cell whose flow the station shows.
        threshold_drought: [m3/s], drought below it; None: no such class. The others likewise, lower bounds.
        position: longitude and latitude [degrees] of the point on the map, or None.
        reference_conversion: formula that made the reference flows from flows of the model; None: they are flows of
            the model.
    """

    row: int
    code: str
    name: str
    river: str | None
    minibasin_id: int
    threshold_drought: float | None = None
    threshold_flood_low: float | None = None
    threshold_flood_mid: float | None = None
    threshold_flood_high: float | None = None
    position: Position | None = None
    reference_conversion: str | None = None


@dataclass(frozen=True)
class StationList:
    """Stations of a file, in its order.

    Attributes:
        source: the file.
        stations: its stations.
        fields: the fields of `Station` that the file carries.
        notes: rows that were left out, as sentences.
    """

    source: Path
    stations: tuple[Station, ...]
    fields: tuple[str, ...] = FIELDS
    notes: tuple[str, ...] = ()


def read_stations(path: Path, known_cells: Collection[int] | None = None) -> StationList:
    """Read a station list, xlsx or csv.

    Columns (a footnote mark `*` at their end does not matter): ID_station, name_station, river, latitude, longitude,
    minibasin_mgb, threshold_drought, threshold_flood_low, threshold_flood_mid, threshold_flood_high [m3/s, -9999 or
    empty: none]; rows without river are no stations. Optional: conversion, the formula behind the reference flows.
    Or only Id, Minibasin, City.

    Args:
        path: the file; of a spreadsheet the sheet `Feuille 1`, else the first.
        known_cells: cells on which a station may stand; None: any.

    Raises:
        SourceMissing, SourceCorrupt: the file is absent or cannot be read.
        StationsInvalid: columns are missing, or values are wrong; all of them are listed.
    """
    columns, rows = read_rows(path, StationsInvalid, sheet="Feuille 1")
    minimal = set(columns) >= set(_MINIMAL) and "id_station" not in columns
    missing = [] if minimal else [column for column in _FULL if column not in columns]
    if missing:
        raise StationsInvalid(
            path,
            f"lacks the column {few(missing)}; it has {few(columns, 30) or 'none'}",
            "Add it to the header row.",
        )
    parse = _minimal_station if minimal else _full_station
    problems: list[str] = []
    parsed = [parse(row, problems) for row in rows if minimal or row.text("river")]
    stations = tuple(station for station in parsed if station is not None)
    problems += _doubles(stations)
    if known_cells is not None:
        problems += unknown_cells(stations, known_cells)
    if problems:
        raise refused(path, problems)
    if not stations:
        raise StationsInvalid(
            path, "holds no station", "Fill in the column river of the rows that are stations."
        )
    skipped = [row.line for row in rows if row.text("minibasin_mgb") and not row.text("river")]
    notes = (f"{path}: rows {few(skipped)} have no river and were left out.",) if skipped else ()
    return StationList(path, stations, _fields(columns, minimal=minimal), notes)


def unknown_cells(stations: Iterable[Station], known_cells: Collection[int]) -> list[str]:
    """One sentence for each station that stands on no cell of the drainage."""
    return [
        f"row {station.row}, minibasin {station.minibasin_id} of {station.name} is not in the drainage"
        for station in stations
        if station.minibasin_id not in known_cells
    ]


def order_problem(thresholds: Mapping[str, float | None]) -> str | None:
    """Say which two thresholds are not in increasing order; absent ones do not count."""
    present = [(name, value) for name in THRESHOLDS if (value := thresholds[name]) is not None]
    for (lower, low), (upper, high) in pairwise(present):
        if not low < high:
            return f"{upper} {high:g} is not above {lower} {low:g}"
    return None


def refused(source: Path, problems: list[str]) -> StationsInvalid:
    """The error that lists all problems of a station list."""
    return StationsInvalid(source, "; ".join(problems), "Correct these cells and load the file again.")


def _fields(columns: Collection[str], *, minimal: bool) -> tuple[str, ...]:
    if minimal:
        return MINIMAL_FIELDS
    return FIELDS if _CONVERSION in columns else FIELDS[:-1]


def _full_station(row: Row, problems: list[str]) -> Station | None:
    before = len(problems)
    thresholds = {name: _threshold(row, name, problems) for name in THRESHOLDS}
    longitude, latitude = _degrees(row, "longitude", 180, problems), _degrees(row, "latitude", 90, problems)
    disorder = order_problem(thresholds)
    if disorder:
        problems.append(f"row {row.line}, {disorder}")
    code, name, river = (_text(row, column, problems) for column in ("id_station", "name_station", "river"))
    cell = _cell(row, "minibasin_mgb", problems)
    conversion = _conversion(row, problems)
    if len(problems) > before:
        return None
    return Station(
        row.line,
        code,
        name,
        river,
        cell,
        **thresholds,
        position=(longitude, latitude),
        reference_conversion=conversion,
    )


def _minimal_station(row: Row, problems: list[str]) -> Station | None:
    before = len(problems)
    code, name = _text(row, "id", problems), _text(row, "city", problems)
    cell = _cell(row, "minibasin", problems)
    return None if len(problems) > before else Station(row.line, code, name, None, cell)


def _text(row: Row, column: str, problems: list[str]) -> str:
    text = row.text(column)
    if not text or row.is_uncomputed(column):
        problems.append(f"row {row.line}, {column} is {row.shown(column)}")
    elif len(text) > _LONGEST_TEXT:
        problems.append(f"row {row.line}, {column} {text!r} is longer than {_LONGEST_TEXT} characters")
    return text


def _cell(row: Row, column: str, problems: list[str]) -> int:
    value = row.number(column)
    if not (value.is_integer() and 1 <= value <= _LARGEST_INTEGER):
        problems.append(f"row {row.line}, {column} is {row.shown(column)}, not the number of a minibasin")
        return 0
    return int(value)


def _threshold(row: Row, column: str, problems: list[str]) -> float | None:
    if not row.text(column):
        return None
    value = row.number(column)
    if value == NO_THRESHOLD:
        return None
    if not (math.isfinite(value) and value >= 0):
        problems.append(
            f"row {row.line}, {column} is {row.shown(column)}, not a flow in m3/s (write 1234.5, or -9999 for none)"
        )
        return None
    return value


def _conversion(row: Row, problems: list[str]) -> str | None:
    formula = row.text(_CONVERSION)
    try:
        identity = parse_conversion(formula) == Conversion()
    except ValueError as error:
        problems.append(f"row {row.line}, {_CONVERSION} {error}")
        return None
    return None if identity else formula


def _degrees(row: Row, column: str, largest: float, problems: list[str]) -> float:
    value = row.number(column)
    if not abs(value) <= largest:
        problems.append(f"row {row.line}, {column} is {row.shown(column)}, not a number of degrees (WGS 84)")
    return value


def _doubles(stations: tuple[Station, ...]) -> list[str]:
    problems = []
    for column, values in (
        ("code", [station.code for station in stations]),
        ("name", [station.name for station in stations]),
    ):
        first: dict[str, int] = {}
        for station, value in zip(stations, values, strict=True):
            if value in first:
                problems.append(f"row {station.row}, {column} {value!r} is already in row {first[value]}")
            first.setdefault(value, station.row)
    return problems
