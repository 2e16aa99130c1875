"""Which series have values per day: their meaning, unit, precision, and the shapes they belong to."""

from __future__ import annotations

from dataclasses import dataclass

from sagui_pipelines.publication.encoding import Encoding, Linear, SignedLog

FLOW_UNIT, PERCENT, RAIN_UNIT = "m3 s-1", "%", "mm day-1"
DISCHARGE = "water_volume_transport_in_river_channel"
DATASETS = ("assimilated", "mgbstandard")


@dataclass(frozen=True)
class Series:
    """One series of values per day.

    Attributes:
        name: its name in addresses.
        title: what it is.
        unit: unit in CF spelling.
        standard_name: CF standard name, None where CF has none.
        source: where the values come from: a dataset, the forecast, rain; empty: the dataset configured.
        quantity: column of the source.
        ids: which list of ids the values follow, `cells` or `subbasins`.
        layer: layer whose features have these ids.
        encoding: how a value becomes a 16-bit number.
    """

    name: str
    title: str
    unit: str
    standard_name: str | None
    source: str
    quantity: str
    ids: str
    layer: str
    encoding: Encoding


def _river(
    name: str,
    title: str,
    unit: str,
    source: str,
    quantity: str,
    encoding: Encoding,
    standard_name: str | None = None,
) -> Series:
    return Series(name, title, unit, standard_name, source, quantity, "cells", "reaches", encoding)


def _rain(name: str, title: str, ids: str, layer: str) -> Series:
    return Series(name, title, RAIN_UNIT, "rainfall_rate", name, "rain", ids, layer, SignedLog())


_LOG, _PERCENT = SignedLog(), Linear()
_ANOMALY = "Anomaly of discharge against the usual flow of the season"

SERIES: tuple[Series, ...] = (
    _river("flow", "River discharge", FLOW_UNIT, "", "flow", _LOG, DISCHARGE),
    _river("anomaly", _ANOMALY, PERCENT, "", "anomaly", _PERCENT),
    *(
        series
        for dataset in DATASETS
        for series in (
            _river(f"flow_{dataset}", "River discharge", FLOW_UNIT, dataset, "flow", _LOG, DISCHARGE),
            _river(f"anomaly_{dataset}", _ANOMALY, PERCENT, dataset, "anomaly", _PERCENT),
        )
    ),
    _river("forecast", "Forecast river discharge, median", FLOW_UNIT, "forecast", "flow", _LOG, DISCHARGE),
    _river("forecast_anomaly", f"{_ANOMALY}, forecast", PERCENT, "forecast", "anomaly", _PERCENT),
    _river(
        "forecast_spread",
        "Spread of the forecast: normalised median absolute deviation of its members",
        FLOW_UNIT, "forecast", "spread", _LOG,
    ),
    _rain("rain", "Rain on the catchment", "cells", "catchments"),
    _rain("rain_subbasin", "Rain on the sub-basin, mean weighted by area", "subbasins", "subbasins"),
)  # fmt: skip
