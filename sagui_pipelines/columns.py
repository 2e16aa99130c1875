"""Every column of every published table: type, unit, meaning. Feeds the Dagster UI and the data model page.

Names are the contract with consumers of the database; units follow CF where CF has one.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name: name in the table.
        type: PostgreSQL type.
        unit: unit in CF spelling; empty for dimensionless identifiers and text.
        meaning: what a value says, and what NULL says where it may occur.
    """

    name: str
    type: str
    unit: str
    meaning: str


_CELL = Column("cell_id", "integer", "", "Model cell (minibasin), 1-based position in HYFAA's arrays.")
_DATE = Column(
    "date", "date", "", "Day of validity, UTC. Flow: state at 00:00, after the rain of the day before."
)


def _statistics(*names: str) -> tuple[Column, ...]:
    label = {
        "mean": "Ensemble mean",
        "median": "Ensemble median",
        "stddev": "Ensemble standard deviation (divisor N)",
        "mad": "Ensemble median absolute deviation / 0.67449",
    }
    columns = []
    for name in names:
        columns.append(
            Column(
                f"elevation_{name}",
                "double precision",
                "m",
                f"{label[name]} of the water level in the model's own altitude datum; NULL when HYFAA gives none.",
            )
        )
        columns.append(
            Column(
                f"flow_{name}",
                "double precision",
                "m3 s-1",
                f"{label[name]} of river discharge; may be negative (backwater); NULL when HYFAA gives none.",
            )
        )
    return tuple(columns)


_STATE = (
    Column("update_time", "timestamptz", "", "When HYFAA computed the day, in the clock of its machine."),
    Column("is_analysis", "boolean", "", "True when satellite levels were assimilated on this day."),
    Column(
        "flow_expected",
        "double precision",
        "m3 s-1",
        "Floating median: the usual flow of the season, from earlier years; NULL in the first year.",
    ),
    Column(
        "flow_anomaly",
        "double precision",
        "%",
        "200 (flow - expected) / (flow + expected); NULL when either is NULL.",
    ),
)

_ENSEMBLE = (_CELL, _DATE, *_statistics("mean", "median", "stddev", "mad"), *_STATE)
_GEOM_LONLAT = "EPSG:4326"

TABLES: dict[str, tuple[Column, ...]] = {
    "hyfaa_data_mgbstandard": (_CELL, _DATE, *_statistics("mean"), *_STATE),
    "hyfaa_data_assimilated": _ENSEMBLE,
    "hyfaa_data_forecast": _ENSEMBLE,
    "sagui_rainfall": (
        _CELL,
        Column("date", "date", "", "Day of the rain, 00:00 to 24:00 UTC."),
        Column("rain", "double precision", "mm day-1", "Rain on the cell (GSMaP, nearest grid point)."),
    ),
    "hyfaa_drainage": (
        Column("mini", "integer", "", "Minibasin, equal to cell_id."),
        Column("geom", "geometry", _GEOM_LONLAT, "River line of the minibasin."),
    ),
    "hyfaa_catchments": (
        Column("mini", "integer", "", "Minibasin, equal to cell_id."),
        Column("sub", "integer", "", "Sub-basin that groups minibasins."),
        Column("geom", "geometry", _GEOM_LONLAT, "Land that drains to the minibasin's river."),
    ),
    "hyfaa_minibasins_data": (
        Column("mini", "integer", "", "Minibasin, equal to cell_id."),
        Column("ordem", "integer", "", "Computing order of the model: larger is further downstream."),
        Column("sub", "integer", "", "Sub-basin."),
        Column("width", "double precision", "m", "River width."),
        Column("depth", "double precision", "m", "River depth."),
    ),
    "hyfaa_stations": (
        Column("id", "bigint", "", "Public number, never reused or changed."),
        Column("code", "varchar", "", "Stable code that imports match."),
        Column("name", "varchar", "", "Name shown to people."),
        Column("river", "varchar", "", "River."),
        Column("minibasin_id", "integer", "", "Minibasin whose flow the station shows."),
        Column("threshold_drought", "double precision", "m3 s-1", "Below: drought. NULL: none."),
        Column("threshold_flood_low", "double precision", "m3 s-1", "From here: low flood. NULL: none."),
        Column("threshold_flood_mid", "double precision", "m3 s-1", "From here: medium flood. NULL: none."),
        Column("threshold_flood_high", "double precision", "m3 s-1", "From here: high flood. NULL: none."),
        Column("geom", "geometry", _GEOM_LONLAT, "Where the map shows the station."),
        Column(
            "reference_conversion",
            "varchar",
            "",
            "Formula that made the delivered reference flows from flows f of the model; undone before comparing.",
        ),
    ),
    "stations_reference_flow": (
        Column("period_id", "integer", "", "Reference period."),
        Column("day_of_year", "integer", "day", "1 to 366."),
        Column("station_id", "bigint", "", "Station."),
        Column("flow", "double precision", "m3 s-1", "Mean flow of that day over the period, as delivered."),
    ),
}

_VALUES_FLOW = Column("values", "json", "", "Days, newest first: date, flow [m3 s-1], flow_anomaly [%].")
_VALUES_FORECAST = Column(
    "values", "json", "", "Days, newest first: source, date, flow [m3 s-1], flow_anomaly [%]."
)
_VALUES_RAIN = Column("values", "json", "", "Days, newest first: date, rain [mm day-1].")
_RIVER = (
    Column("width", "numeric", "m", "River width, no decimals; text in tiles."),
    Column("depth", "numeric", "m", "River depth, two decimals; text in tiles."),
    Column("geom", "geometry", "EPSG:3857", "River line."),
)
_ORDEM = Column("ordem", "integer", "", "Computing order.")
_RAIN_LAYER = (
    Column("id", "text", "", "`sub_<n>` or `mini_<n>`."),
    _VALUES_RAIN,
    Column("geom", "geometry", "EPSG:3857", "Catchment."),
)

LAYERS: dict[str, tuple[Column, ...]] = {
    "hyfaa_data_aggregated_geo": (_CELL, _VALUES_FLOW, *_RIVER),
    "hyfaa_forecast_aggregated_geo": (_CELL, _VALUES_FORECAST, *_RIVER),
    "mvt_rainfall": _RAIN_LAYER,
    "hyfaa_data_with_assimilated_aggregate_geo": (_CELL, _VALUES_FLOW, _ORDEM, *_RIVER),
    "hyfaa_data_with_mgbstandard_aggregate_geo": (_CELL, _VALUES_FLOW, _ORDEM, *_RIVER),
    "hyfaa_forecast_with_assimilated_aggregate_geo": (_CELL, _VALUES_FORECAST, _ORDEM, *_RIVER),
    "hyfaa_forecast_with_mgbstandard_aggregate_geo": (_CELL, _VALUES_FORECAST, _ORDEM, *_RIVER),
    "rainfall_minibasin_aggregated_geo": _RAIN_LAYER,
    "rainfall_subbasin_aggregated_geo": _RAIN_LAYER,
    "reaches": (
        Column("mini", "integer", "", "Model cell; the feature id in tiles."),
        Column("ordem", "integer", "", "Computing order of the model: larger is further downstream."),
        Column("width", "integer", "m", "River width."),
        Column("geom", "geometry", "EPSG:3857", "River line."),
    ),
    "catchments": (
        Column("mini", "integer", "", "Model cell; the feature id in tiles."),
        Column("sub", "integer", "", "Sub-basin."),
        Column("geom", "geometry", "EPSG:3857", "Catchment."),
    ),
    "subbasins": (
        Column("id", "integer", "", "Sub-basin; the feature id in tiles."),
        Column("geom", "geometry", "EPSG:3857", "Its catchments, dissolved."),
    ),
    "stations": (
        Column("id", "bigint", "", "Station; the feature id in tiles."),
        Column("name", "varchar", "", "Name shown to people."),
        Column("river", "varchar", "", "River; left out when unknown."),
        Column("cell_id", "integer", "", "Model cell whose flow the station shows."),
        Column("geom", "geometry", "EPSG:3857", "Where the map shows the station."),
    ),
}

# Relation behind a layer where its name is another.
RELATIONS = {
    "reaches": "sagui_reaches",
    "catchments": "hyfaa_catchments_shown",
    "subbasins": "hyfaa_catchments_subbasins",
    "stations": "sagui_shown_stations",
}
