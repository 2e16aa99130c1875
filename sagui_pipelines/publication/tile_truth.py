"""What tiles have to show, told by the tables alone: neither prepared text nor prepared geometry is read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from sagui_pipelines.postgis.copy_binary import Field, PgType
from sagui_pipelines.postgis.copy_out import read_columns
from sagui_pipelines.publication.grid import Tile
from sagui_pipelines.publication.series import DATASETS

_ID_DATE = (Field("id", PgType.INT4), Field("date", PgType.DATE))
_FLOW = (Field("flow", PgType.FLOAT8), Field("flow_anomaly", PgType.FLOAT8))
_RAIN = (Field("rain", PgType.FLOAT8),)
# From here on JSON integers are written as null (json_integer).
_LARGEST = 1e15

Days = list[dict[str, Any]]


@dataclass(frozen=True)
class LayerTruth:
    """What a layer has to show.

    Attributes:
        name: layer, without schema.
        kind: of its shapes, in `Truth.tiles`.
        features: properties by id. A property `values` is the list of days that its JSON text holds.
        prefix: of ids that are a property `id`, such as `mini_`; None when the id is `cell_id` or the feature's own.
        has_feature_id: the id is the feature's own.
        zooms: where it shows anything.
    """

    name: str
    kind: str
    features: Mapping[int, Mapping[str, Any]]
    prefix: str | None = None
    has_feature_id: bool = False
    zooms: range = field(default=range(23))

    @property
    def name_in_tile(self) -> str:
        """Name of the layer inside the tile."""
        return "default" if self.name == "mvt_rainfall" else f"guyane.{self.name}"


@dataclass(frozen=True)
class Truth:
    """What all tiles have to show.

    Attributes:
        tiles: ids that each tile shows, by kind of shape.
        layers: the layers; one whose source changes with the zoom is there once per source.
    """

    tiles: Mapping[str, Mapping[Tile, frozenset[int]]]
    layers: Sequence[LayerTruth]


def read_truth(cursor: Cursor, tiles: Sequence[Tile]) -> Truth:
    """Read everything, as one state of the database when the transaction is repeatable read."""
    return Truth(
        _tiles(cursor, tiles), [*_river_layers(cursor), *_rain_layers(cursor), *_light_layers(cursor)]
    )


def _tiles(cursor: Cursor, tiles: Sequence[Tile]) -> dict[str, dict[Tile, frozenset[int]]]:
    zs, xs, ys = zip(*tiles, strict=True) if tiles else ((), (), ())
    cursor.execute(_sql("truth_tiles"), {"z": list(zs), "x": list(xs), "y": list(ys)})
    shown: dict[str, dict[Tile, frozenset[int]]] = defaultdict(dict)
    for kind, z, x, y, ids in cursor.fetchall():
        shown[kind][z, x, y] = frozenset(ids)
    return shown


def _river_layers(cursor: Cursor) -> list[LayerTruth]:
    rivers = {
        mini: {"ordem": ordem, "width": width, "depth": depth}
        for mini, ordem, width, depth in _rows(cursor, "truth_rivers")
    }
    [(configured,)] = _rows(cursor, "truth_dataset")
    layers = []
    for dataset in DATASETS:
        flows = read_columns(cursor, _sql(f"values_{dataset}"), (*_ID_DATE, *_FLOW))
        known = read_columns(
            cursor, _sql(f"truth_forecast_{dataset}"), (*_ID_DATE, Field("ahead", PgType.BOOL), *_FLOW)
        )
        source = np.where(known.pop("ahead"), "forecast", dataset)
        for family, days in (("data", _days(flows)), ("forecast", _days({"source": source, **known}))):
            features = {
                cell: {"cell_id": cell, "values": listed, **rivers[cell]}
                for cell, listed in days.items()
                if cell in rivers
            }
            layers.append(LayerTruth(f"hyfaa_{family}_with_{dataset}_aggregate_geo", "reach", features))
            if dataset == configured:
                plain = {cell: _without(known, "ordem") for cell, known in features.items()}
                layers.append(LayerTruth(f"hyfaa_{family}_aggregated_geo", "reach", plain))
    return layers


def _rain_layers(cursor: Cursor) -> list[LayerTruth]:
    layers = []
    for name, kind, prefix, zooms in (
        ("rainfall_minibasin_aggregated_geo", "catchment", "mini_", range(10, 23)),
        ("rainfall_subbasin_aggregated_geo", "subbasin", "sub_", range(10)),
    ):
        source = "values_rain" if kind == "catchment" else "values_rain_subbasin"
        days = _days(read_columns(cursor, _sql(source), (*_ID_DATE, *_RAIN)), gaps=False)
        features = {place: {"id": f"{prefix}{place}", "values": listed} for place, listed in days.items()}
        layers += [
            LayerTruth(name, kind, features, prefix),
            LayerTruth("mvt_rainfall", kind, features, prefix, zooms=zooms),
        ]
    return layers


def _light_layers(cursor: Cursor) -> list[LayerTruth]:
    light = _rows(cursor, "truth_light")
    catchments = _rows(cursor, "truth_catchments")
    reaches = {mini: _given(ordem=ordem, width=width) for mini, ordem, width in light}
    stations = {
        number: _given(name=name, river=river, cell_id=cell)
        for number, name, river, cell in _rows(cursor, "truth_stations")
    }
    light_layer = partial(LayerTruth, has_feature_id=True)
    subs = {mini: {"sub": sub} for mini, sub in catchments}
    return [
        light_layer("hyfaa_drainage", "reach", {mini: {} for mini in reaches}),
        light_layer("reaches", "light reach", reaches),
        light_layer("catchments", "catchment", subs, zooms=range(8, 23)),
        light_layer("subbasins", "subbasin", {sub: {} for _, sub in catchments}),
        light_layer("stations", "station", stations),
    ]


def _days(columns: Mapping[str, NDArray[Any]], *, gaps: bool = True) -> dict[int, Days]:
    """Per place its days, newest first, as the JSON text tells them; all places list the same days.

    Args:
        columns: `id`, `date`, and what each day holds; numbers are rounded half to even.
        gaps: list a day without a row with nulls; without, places that lack a day are left out.
    """
    held = [name for name in columns if name not in ("id", "date")]
    texts = {
        name: [_integer(value) for value in columns[name].tolist()]
        if columns[name].dtype.kind == "f"
        else columns[name].tolist()
        for name in held
    }
    dates = columns["date"].astype(str).tolist()
    known: dict[int, dict[str, dict[str, Any]]] = defaultdict(dict)
    blank: dict[str, dict[str, Any]] = {}
    for row, (place, day) in enumerate(zip(columns["id"].tolist(), dates, strict=True)):
        item = {name: texts[name][row] for name in held}
        known[place][day] = {"date": day, **item}
        blank.setdefault(
            day, {"date": day, **{name: item[name] if name == "source" else None for name in held}}
        )
    listed = sorted(blank, reverse=True)
    return {
        place: [days.get(day, blank[day]) for day in listed]
        for place, days in known.items()
        if gaps or len(days) == len(listed)
    }


def _integer(value: float) -> int | None:
    return round(value) if abs(value) < _LARGEST else None


def _given(**properties: Any) -> dict[str, Any]:
    # A tile leaves out what is NULL.
    return {name: value for name, value in properties.items() if value is not None}


def _without(properties: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in properties.items() if key != name}


def _rows(cursor: Cursor, name: str) -> Iterable[tuple[Any, ...]]:
    cursor.execute(_sql(name))
    return cursor.fetchall()


def _sql(name: str) -> str:
    return files("sagui_pipelines.publication").joinpath(f"sql/{name}.sql").read_text()
