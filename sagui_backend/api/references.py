"""Reference flows: the usual flow of a station on each day of the year, in the terms of the model.

Delivered flows may have gone through a formula per station that fits the model to a gauge. Flows of the model have
not, so the formula is undone here before anything is compared or drawn beside them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sagui_backend.api.levels import finite
from sagui_backend.api.queries import rows
from sagui_backend.sagui.models import Stations
from sagui_pipelines.hydro.conversion import Conversion, parse_conversion

DAYS_OF_YEAR = 366
MOST_ZERO_DAYS = DAYS_OF_YEAR // 20
"""Without a formula that explains them, more days of zero flow than this are no river's: the period is not used."""


def most_zero_days(formula: str | None) -> int:
    """How many days of zero flow a usable period of a station may have.

    Where the formula cuts off at zero, each zero is an unknown day and nothing is wrong with the others.
    """
    return DAYS_OF_YEAR - 1 if parse_conversion(formula).cuts_off else MOST_ZERO_DAYS


def current_references(stations: Sequence[Stations], days: Iterable[int]) -> dict[int, dict[int, float]]:
    """Reference flow [m3/s] per station and day of the year, from the newest usable period of each station.

    A station without usable period is absent, and so is a day without known flow.
    """
    formulas = {station.pk: station.reference_conversion for station in stations}
    parameters = {
        "stations": list(formulas),
        "zero_days": [most_zero_days(formula) for formula in formulas.values()],
        "days": sorted(set(days)),
        "days_of_year": DAYS_OF_YEAR,
    }
    return {
        station: _model_flows(
            parse_conversion(formulas[station]), zip(numbers or [], flows or [], strict=True)
        )
        for station, numbers, flows in rows("current_references", parameters)
    }


def station_references(station: Stations, days: Iterable[int]) -> dict[str, dict[int, float]]:
    """Reference flow [m3/s] of a station per period, newest label first, and day of the year."""
    delivered: dict[str, list[tuple[int, float]]] = {}
    for period, day, flow in rows("station_references", {"station": station.pk, "days": sorted(set(days))}):
        delivered.setdefault(period, []).append((day, flow))
    conversion = parse_conversion(station.reference_conversion)
    return {period: _model_flows(conversion, flows) for period, flows in delivered.items()}


def _model_flows(conversion: Conversion, delivered: Iterable[tuple[int, float]]) -> dict[int, float]:
    undone = {day: conversion.model_flow(flow) for day, flow in delivered if finite(flow) is not None}
    return {day: flow for day, flow in undone.items() if flow is not None}
