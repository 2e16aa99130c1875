"""Which tile shows a whole layer, and fetching it once to be sure that it does."""

from __future__ import annotations

import psycopg2
import requests
from psycopg2 import sql

_HALF_WORLD_M = 20037508.342789244
_DEEPEST = 10

Bounds = tuple[float, float, float, float]
Tile = tuple[int, int, int]


def covering_tile(bounds: Bounds) -> Tile:
    """The deepest tile (z, x, y) that holds all of west, south, east, north [EPSG:3857 metres]."""
    west, south, east, north = bounds
    for zoom in range(_DEEPEST, 0, -1):
        size = 2 * _HALF_WORLD_M / 2**zoom
        corners = {
            (int((x + _HALF_WORLD_M) // size), int((_HALF_WORLD_M - y) // size))
            for x in (west, east)
            for y in (south, north)
        }
        if len(corners) == 1:
            return (zoom, *corners.pop())
    return (0, 0, 0)


def layer_bounds(database_url: str, schema: str, layer: str) -> Bounds | None:
    """West, south, east, north of a layer [EPSG:3857 metres]; None when it is empty."""
    statement = sql.SQL(
        "SELECT ST_XMin(box), ST_YMin(box), ST_XMax(box), ST_YMax(box)"
        " FROM (SELECT ST_Extent(geom) AS box FROM {}) AS extent WHERE box IS NOT NULL"
    ).format(sql.Identifier(schema, layer))
    connection = psycopg2.connect(database_url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            row = cursor.fetchone()
    finally:
        connection.close()
    return (float(row[0]), float(row[1]), float(row[2]), float(row[3])) if row else None


def fetch(url: str) -> requests.Response:
    """Fetch a tile through the public door.

    Raises:
        requests.HTTPError: the answer is an error.
    """
    answer = requests.get(url, timeout=60)
    answer.raise_for_status()
    return answer
