"""Statements of this package."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def statement(name: str) -> str:
    """Text of `sql/<name>.sql`."""
    return (files("sagui_backend.administration.sql") / f"{name}.sql").read_text("utf-8")
