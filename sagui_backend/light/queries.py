"""Reads of what publications prepared; one function is one statement, found by its primary key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from django.db import connection


@dataclass(frozen=True)
class Prepared:
    """A finished answer.

    Attributes:
        version: changes exactly when the content changes.
        content: the body.
    """

    version: str
    content: bytes


def document(path: str) -> Prepared | None:
    """JSON of an address; None when nothing was prepared for it. `{origin}` stands for scheme and host."""
    row = _row("document", {"path": path})
    return Prepared(row[0], row[1].encode()) if row else None


def day_values(series: str, day: date) -> Prepared | None:
    """Values of a series on a day: little-endian 16-bit numbers; None when there are none."""
    row = _row("day_values", {"series": series, "date": day})
    return Prepared(row[0], bytes(row[1])) if row else None


def _row(name: str, parameters: dict[str, Any]) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(_statement(name), parameters)
        found: tuple[Any, ...] | None = cursor.fetchone()
        return found


@cache
def _statement(name: str) -> str:
    return (files("sagui_backend.light.sql") / f"{name}.sql").read_text("utf-8")
