"""Tiles against tables: every feature of every tile, its id and properties, and that none is missing or doubled."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from google.protobuf.message import DecodeError
from mapbox_vector_tile.Mapbox import vector_tile_pb2

from sagui_pipelines.postgis.engine import transaction
from sagui_pipelines.publication.catalogue import SCHEMA, read_extents
from sagui_pipelines.publication.grid import Tile, tiles_over
from sagui_pipelines.publication.http import Answer, Fetcher
from sagui_pipelines.publication.tile_truth import LayerTruth, Truth, read_truth

_ZOOMS = range(11)
_TOLD = 5


@dataclass(frozen=True)
class Difference:
    """Something a tile shows that the tables do not say, or the other way round.

    Attributes:
        tile: z, x, y.
        place: cell, sub-basin or station; None when the whole tile is concerned.
        fact: what differs.
    """

    tile: Tile
    place: int | None
    fact: str

    def __str__(self) -> str:
        where = "/".join(map(str, self.tile))
        return (
            f"tile {where}: {self.fact}" if self.place is None else f"tile {where}, {self.place}: {self.fact}"
        )


@dataclass
class LayerResult:
    """How a layer's tiles compare.

    Attributes:
        layer: name without schema.
        tiles: number of tiles looked at.
        features: number of features looked at.
        differences: what differs.
    """

    layer: str
    tiles: int = 0
    features: int = 0
    differences: list[Difference] = field(default_factory=list)

    @property
    def description(self) -> str:
        """The result in one sentence or two."""
        if not self.differences:
            return f"{self.features} features in {self.tiles} tiles are those of the database."
        told = "; ".join(map(str, self.differences[:_TOLD]))
        more = len(self.differences) - _TOLD
        return f"{SCHEMA}.{self.layer}: {told}{f'; {more} more differences' if more > 0 else ''}."


def compare_tiles(engine: sa.Engine, tileserv_url: str) -> list[LayerResult]:
    """Fetch every tile of zooms 0 to 10 of every layer from the tile server and compare it with the tables.

    Args:
        engine: with the pipelines' role.
        tileserv_url: address of the tile server, with its base path.

    Returns:
        One result per layer, by name.

    Raises:
        DatabaseUnavailable, SchemaOutdated: see `postgis.engine.transaction`.
    """
    with transaction(engine) as connection, connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        extents = read_extents(cursor).values()
        # The outermost tiles are drawn by what lies in their margin.
        tiles = sorted({tile for box in extents for tile in tiles_over(box, _ZOOMS, margin=1 / 16)})
        truth = read_truth(cursor, tiles)
    results: dict[str, LayerResult] = {}
    comparisons: dict[str, list[_Comparison]] = defaultdict(list)
    for layer in truth.layers:
        result = results.setdefault(layer.name, LayerResult(layer.name))
        comparisons[layer.name].append(_Comparison(layer, truth, result))
    asked = [
        ((name, tile), f"/{SCHEMA}.{name}/{'/'.join(map(str, tile))}.pbf")
        for name in results
        for tile in tiles
    ]
    for (name, tile), answer in Fetcher(tileserv_url).fetch_all(asked):
        results[name].tiles += 1
        for comparison in comparisons[name]:
            if tile[0] in comparison.layer.zooms:
                results[name].differences += comparison.differences(tile, answer)
    return [results[name] for name in sorted(results)]


class _Comparison:
    """One layer; remembers which texts it has read."""

    def __init__(self, layer: LayerTruth, truth: Truth, result: LayerResult) -> None:
        self.layer = layer
        self._tiles = truth.tiles.get(layer.kind, {})
        self._result = result
        self._read: dict[int, str] = {}

    def differences(self, tile: Tile, answer: Answer) -> Iterator[Difference]:
        """What differs in one tile."""
        if answer.status != 200:
            reason = answer.body.decode(errors="replace") if answer.status == 0 else f"status {answer.status}"
            yield Difference(tile, None, f"the tile server gave no tile ({reason})")
            return
        try:
            found = list(decoded(answer.body, self.layer))
        except (DecodeError, ValueError) as error:
            yield Difference(tile, None, f"it cannot be read: {error}")
            return
        self._result.features += len(found)
        wanted = self._tiles.get(tile, frozenset()) & self.layer.features.keys()
        shown = {place for place, _ in found}
        if len(shown) < len(found):
            yield Difference(tile, None, f"{len(found) - len(shown)} features are there twice")
        yield from (Difference(tile, place, "is missing") for place in sorted(wanted - shown))
        yield from (Difference(tile, place, "does not belong there") for place in sorted(shown - wanted))
        for place, properties in found:
            if place in wanted:
                yield from self._properties(tile, place, properties)

    def _properties(self, tile: Tile, place: int, properties: dict[str, Any]) -> Iterator[Difference]:
        wanted = self.layer.features[place]
        text = properties.get("values")
        if "values" in wanted and text != self._read.get(place):
            if not isinstance(text, str):
                yield Difference(tile, place, "has no values")
                return
            if json.loads(text) != wanted["values"]:
                yield Difference(
                    tile, place, f"values are {text[:80]}…, the tables say {str(wanted['values'][:1])[1:-1]}…"
                )
                return
            self._read[place] = text
        for name in sorted((properties.keys() | wanted.keys()) - {"values"}):
            if properties.get(name) != wanted.get(name):
                yield Difference(
                    tile, place, f"{name} is {properties.get(name)!r}, the tables say {wanted.get(name)!r}"
                )


def decoded(content: bytes, layer: LayerTruth) -> Iterator[tuple[int, dict[str, Any]]]:
    """Id and properties of each feature of a tile.

    Raises:
        DecodeError, ValueError: it is no tile, or not one of this layer.
    """
    tile = vector_tile_pb2.tile()
    tile.ParseFromString(content)
    for part in tile.layers:
        if part.name != layer.name_in_tile:
            raise ValueError(f"it holds a layer {part.name!r}")
        keys: Sequence[str] = list(part.keys)
        values = [value.ListFields()[0][1] for value in part.values]
        for feature in part.features:
            tags = feature.tags
            properties = {keys[tags[i]]: values[tags[i + 1]] for i in range(0, len(tags), 2)}
            yield _place(layer, feature.id, properties), properties


def _place(layer: LayerTruth, feature_id: int, properties: dict[str, Any]) -> int:
    if layer.has_feature_id:
        return feature_id
    if layer.prefix is None:
        return int(properties["cell_id"])
    return int(str(properties["id"]).removeprefix(layer.prefix))
