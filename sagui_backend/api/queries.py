"""Set-based reads of the series; one function is one statement, whatever the number of stations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from django.db import connection

from sagui_backend.api.levels import RAIN_LEVELS, RAIN_LIMITS_MM, UNKNOWN, finite


@dataclass(frozen=True)
class DataState:
    """How far the data reach.

    Attributes:
        dataset: configured series, `assimilated` or `mgbstandard`.
        observed: its newest day; None when it has none.
        issued: issue day of the forecast.
        rain: newest day of rain.
    """

    dataset: str
    observed: date | None
    issued: date | None
    rain: date | None


@dataclass(frozen=True)
class FlowDay:
    """Flow of one cell on one day whose flow is known.

    Attributes:
        date: the day.
        source: `assimilated`, `mgbstandard` or `forecast`.
        flow: [m3/s].
        flow_mad: spread of the ensemble [m3/s], 0 when unknown.
        flow_expected: floating median [m3/s].
    """

    date: date
    source: str
    flow: float
    flow_mad: float
    flow_expected: float | None

    @property
    def is_forecast(self) -> bool:
        """True after the newest observed day."""
        return self.source == "forecast"


def data_state() -> DataState:
    """How far the data of the configured dataset reach."""
    return DataState(*rows("data_state", {})[0])


def flow_days(
    state: DataState, cells: Iterable[int], after: date | None, *, with_forecast: bool = True
) -> dict[int, list[FlowDay]]:
    """Days with a known flow per cell, oldest first: observed ones after `after`, then the forecast.

    Args:
        state: dataset and its newest day.
        cells: the cells.
        after: day before the first wanted day; None: no observed day.
        with_forecast: also the forecast.
    """
    found: dict[int, list[FlowDay]] = {cell: [] for cell in cells}
    parameters = {
        "dataset": state.dataset,
        "cells": list(found),
        "after": after,
        "observed": state.observed,
        "with_forecast": with_forecast,
    }
    for cell, day, source, flow, flow_mad, expected in rows("flow_days", parameters):
        if finite(flow) is not None:
            found[cell].append(FlowDay(day, source, flow, finite(flow_mad) or 0.0, finite(expected)))
    return found


def rain_basins(day: date | None) -> dict[int, float]:
    """Rain of a day per sub-basin [mm], unrounded."""
    return {} if day is None else dict(rows("rain_basins", {"day": day}))


def rain_histogram(day: date | None) -> dict[str, int]:
    """Number of minibasins per rain level on a day; those without a value are unknown."""
    counted = dict(rows("rain_classes", {"day": day, "limits": list(RAIN_LIMITS_MM)}))
    minibasins = counted.pop(None)
    levels = {level: counted.get(rank, 0) for rank, level in enumerate(RAIN_LEVELS)}
    return levels | {UNKNOWN: max(minibasins - sum(levels.values()), 0)}


def rows(name: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """What the statement of `sql/<name>.sql` returns."""
    with connection.cursor() as cursor:
        cursor.execute(_statement(name), parameters)
        return cursor.fetchall()


@cache
def _statement(name: str) -> str:
    return (files("sagui_backend.api.sql") / f"{name}.sql").read_text("utf-8")
