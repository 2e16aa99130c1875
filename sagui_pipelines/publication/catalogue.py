"""What is said of the layers: the index and the details that pg_tileserv gives, TileJSON, and where values are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files
from typing import Any

from psycopg2.extensions import cursor as Cursor  # noqa: N812

from sagui_pipelines.columns import LAYERS, Column
from sagui_pipelines.publication.documents import ORIGIN, version_of_json
from sagui_pipelines.publication.series import SERIES
from sagui_pipelines.publication.values import Published

SCHEMA = "guyane"
LIGHT = ("reaches", "catchments", "subbasins", "stations")
_DEEPEST, _DEEPEST_LIGHT = 22, 12
_FIRST_ZOOM = {"catchments": 8}
_CENTER_ZOOM = 6
_WORLD = (-180.0, -85.0511287798, 180.0, 85.0511287798)
_AREAS = ("mvt_rainfall", "rainfall_minibasin_aggregated_geo", "rainfall_subbasin_aggregated_geo")
_SHAPE = {"stations": "Point", **dict.fromkeys((*_AREAS, "catchments", "subbasins"), "Polygon")}
# Types as PostgreSQL's catalogue spells them, which is what pg_tileserv tells, and as TileJSON's readers know them.
_CATALOGUE_TYPE = {"integer": "int4", "bigint": "int8"}
_TILE_TYPE = {"integer": "Number", "bigint": "Number"}

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class LayerFacts:
    """A layer that the tile server shows.

    Attributes:
        name: name without schema.
        version: version of its content, None before the first publication.
        meaning: what it shows, in a sentence.
        published_at: when this version was first published.
        first_date, last_date: days shown; None when it shows none.
        feature_count: number of features.
    """

    name: str
    version: str | None
    meaning: str | None
    published_at: datetime | None
    first_date: date | None
    last_date: date | None
    feature_count: int

    @property
    def id(self) -> str:
        """Name in addresses."""
        return f"{SCHEMA}.{self.name}"

    @property
    def shape(self) -> str:
        """Type of its geometry."""
        return _SHAPE.get(self.name, "LineString")

    @property
    def tiles(self) -> str:
        """Path of its tiles, without version."""
        return f"/tiles/{self.id}/{{z}}/{{x}}/{{y}}.pbf"

    @property
    def versioned_tiles(self) -> str:
        """Path of the tiles of this very content, which never change."""
        return f"{self.tiles}?v={self.version}" if self.version else self.tiles


def read_layers(cursor: Cursor) -> list[LayerFacts]:
    """All layers, from the rights of the tile server's role."""
    cursor.execute(_sql("catalogue"))
    return [LayerFacts(*row) for row in cursor.fetchall()]


def read_extents(cursor: Cursor) -> dict[str, Bounds]:
    """West, south, east, north [degrees] by type of geometry."""
    cursor.execute(_sql("extents"))
    return {kind: tuple(box) for kind, *box in cursor.fetchall()}


def catalogue(layers: Sequence[LayerFacts], extents: Mapping[str, Bounds]) -> dict[str, Any]:
    """Documents below /tiles/: the index, and per layer one that is pg_tileserv's detail and TileJSON 3.0 at once."""
    index = {
        layer.id: {
            "type": "function" if layer.name == "mvt_rainfall" else "table",
            **_names(layer),
            "detailurl": f"{ORIGIN}/tiles/{layer.id}.json",
        }
        for layer in layers
    }
    details = {
        f"/tiles/{layer.id}.json": _detail(layer, extents.get(layer.shape, _WORLD)) for layer in layers
    }
    return {"/tiles/index.json": index, **details}


def value_documents(layers: Sequence[LayerFacts], published: Published) -> dict[str, Any]:
    """Documents below /api/values/: which values there are, and what they stand for."""
    lists = {name: ids.tolist() for name, ids in published.ids.lists.items()}
    versions = {name: version_of_json(ids) for name, ids in lists.items()}
    observed = [day for day, _ in published.days["flow"]]
    index = {
        "dataset": published.ids.dataset,
        "first_date": observed[-1].isoformat() if observed else None,
        "last_date": observed[0].isoformat() if observed else None,
        "ids": {
            name: {
                "url": f"/api/values/{name}?v={versions[name]}",
                "version": versions[name],
                "count": len(ids),
            }
            for name, ids in lists.items()
        },
        "series": {
            series.name: {
                "title": series.title,
                "unit": series.unit,
                "standard_name": series.standard_name,
                "source": series.source or published.ids.dataset,
                "ids": series.ids,
                "layer": f"{SCHEMA}.{series.layer}",
                "encoding": series.encoding.describe(),
                "url": f"/api/values/{series.name}/{{date}}?v={{version}}",
                "days": [
                    {"date": day.isoformat(), "version": version}
                    for day, version in published.days[series.name]
                ],
            }
            for series in SERIES
        },
        "layers": {
            layer.id: {
                "version": layer.version,
                "tilejson": f"/tiles/{layer.id}.json",
                "tiles": layer.versioned_tiles,
            }
            for layer in layers
            if layer.name in LIGHT
        },
    }
    documents = {
        f"/api/values/{name}": {"version": versions[name], "ids": ids} for name, ids in lists.items()
    }
    return {"/api/values/": {"version": version_of_json(index), **index}, **documents}


def _detail(layer: LayerFacts, bounds: Bounds) -> dict[str, Any]:
    west, south, east, north = bounds
    columns = [column for column in _columns(layer) if column.name != "geom"]
    is_light = layer.name in LIGHT
    zooms = {"minzoom": _FIRST_ZOOM.get(layer.name, 0), "maxzoom": _DEEPEST_LIGHT if is_light else _DEEPEST}
    return {
        **_names(layer),
        "properties": [
            {
                "name": column.name,
                "type": _CATALOGUE_TYPE.get(column.type, column.type),
                "description": column.meaning,
            }
            for column in columns
        ],
        "geometrytype": layer.shape,
        "center": [(west + east) / 2, (south + north) / 2, _CENTER_ZOOM],
        "bounds": [west, south, east, north],
        **zooms,
        "tileurl": f"{ORIGIN}{layer.tiles}",
        "tilejson": "3.0.0",
        "tiles": [f"{ORIGIN}{layer.versioned_tiles}"],
        "vector_layers": [
            {
                "id": "default" if layer.name == "mvt_rainfall" else layer.id,
                "description": layer.meaning or "",
                "fields": {column.name: _field(column) for column in columns},
                **zooms,
            }
        ],
        "version": "1.0.0",
        "scheme": "xyz",
        "attribution": "SAGUI",
        "units": {column.name: column.unit for column in columns if column.unit},
        "data_version": layer.version,
        "published_at": layer.published_at.isoformat() if layer.published_at else None,
        "first_date": layer.first_date.isoformat() if layer.first_date else None,
        "last_date": layer.last_date.isoformat() if layer.last_date else None,
        "feature_count": layer.feature_count,
    }


def _names(layer: LayerFacts) -> dict[str, str]:
    return {"id": layer.id, "schema": SCHEMA, "name": layer.name, "description": layer.meaning or ""}


def _columns(layer: LayerFacts) -> tuple[Column, ...]:
    # What is a feature's id in tiles is no property of it.
    documented = LAYERS.get(layer.name, ())
    return documented[1:] if layer.name in LIGHT else documented


def _field(column: Column) -> str:
    kind = _TILE_TYPE.get(column.type, "String")
    unit = f" [{column.unit}]" if column.unit else ""
    return f"{kind}{unit}: {column.meaning}"


def _sql(name: str) -> str:
    return files("sagui_pipelines.publication").joinpath(f"sql/{name}.sql").read_text()
