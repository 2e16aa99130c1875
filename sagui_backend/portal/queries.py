"""Reads of the map page; one function is one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from django.db import connection

from sagui_backend.api.levels import finite


@dataclass(frozen=True)
class Cell:
    """A model cell and its river.

    Attributes:
        cell_id: number of the cell.
        ordem: computing order of the model, larger downstream.
        sub: number of the sub-basin.
        width, depth: of the river [m].
    """

    cell_id: int
    ordem: int | None
    sub: int | None
    width: float | None
    depth: float | None


def cell_of(number: int) -> Cell | None:
    """The cell of a number, None when there is none."""
    rows = _rows("cell", {"cell": number})
    return Cell(*rows[0]) if rows else None


def cell_rain(cell: int, after: date) -> list[tuple[date, float]]:
    """Rain of a cell [mm per UTC day] after a day, oldest first, unknown days left out."""
    return [
        (day, rain)
        for day, rain in _rows("cell_rain", {"cell": cell, "after": after})
        if finite(rain) is not None
    ]


def extent() -> tuple[float, float, float, float] | None:
    """West, south, east and north of all rivers [degrees, EPSG:4326]; None without rivers."""
    west, south, east, north = _rows("extent", {})[0]
    return None if west is None else (west, south, east, north)


def _rows(name: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_statement(name), parameters)
        return cursor.fetchall()


@cache
def _statement(name: str) -> str:
    return (files("sagui_backend.portal.sql") / f"{name}.sql").read_text("utf-8")
