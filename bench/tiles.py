"""Tiles that no cache holds: time and weight per zoom, against the same map as it used to be made.

    python -m bench.tiles [--cells 4500] [--until 2026-01-10]

The old way is built in a schema of its own, in the same run on the same data, for the three layers of the map: a view over
a set-returning plpgsql function, EPSG:4326, the days as JSON text, and the query that a tile server makes of a table layer, but for one
kindness: it looks for nothing beyond the edge of the world, where today's finds nothing at all at zoom 1. Time is that of one
query on one connection, binary answer included. Weight is gzip at level 6, which the cache packs with; it follows the
season, since larger flows have more digits: it is largest in June.
"""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812

from bench.harness import ROOT, free_port, print_table, throwaway_cluster
from bench.publication import publish_under_load
from sagui_pipelines.flow.forecast import load_forecast
from sagui_pipelines.flow.load import load_series
from sagui_pipelines.geography.load import load_geography
from sagui_pipelines.geography.read import read_geography
from sagui_pipelines.hyfaa.portal import Portal
from sagui_pipelines.hyfaa.rain_store import RainStore
from sagui_pipelines.hyfaa.solutions import FILES, FORCING_ONMESH, Solution
from sagui_pipelines.postgis.engine import create_engine, transaction
from sagui_pipelines.publication.catalogue import read_extents
from sagui_pipelines.publication.grid import Tile, tiles_over
from sagui_pipelines.publication.layers import publish_layers
from sagui_pipelines.publication.tile_content import compare_tiles
from sagui_pipelines.rainfall.load import load_rain
from sagui_pipelines.simulation.basin_run import simulate
from tools.native.cluster import Cluster

# Two years, so that every day has an anomaly.
HISTORY = timedelta(days=760)
TARGET_RATIO, TARGET_MS, TARGET_KB = 3.0, 40.0, 130.0
TARGET_LIGHT_MS, TARGET_LIGHT_KB = 15.0, 40.0
TARGET_ANIMATION_KB = 300.0
TARGET_CHECK_S = 20.0
# A window of 1300 x 900 pixels over the whole basin asks for the tiles of this zoom.
WHOLE_BASIN_ZOOM = 6
ANIMATED_DAYS = 15
# Up to this zoom a publication prepares tiles, and the old way is compared.
PREPARED_ZOOM = 8
# Layers of the map: where the old way takes its features from, and their properties.
_RIVER = "cell_id, values, width, depth"
MAP_LAYERS = {
    "hyfaa_data_aggregated_geo": ("hyfaa_data_aggregated_geo", _RIVER),
    "hyfaa_forecast_aggregated_geo": ("hyfaa_forecast_aggregated_geo", _RIVER),
    "mvt_rainfall": ("rainfall_subbasin_aggregated_geo", "id, values"),
}
LAYERS = (
    *MAP_LAYERS,
    "hyfaa_drainage",
    *(
        f"hyfaa_{kind}_with_{dataset}_aggregate_geo"
        for kind in ("data", "forecast")
        for dataset in ("assimilated", "mgbstandard")
    ),
    "rainfall_minibasin_aggregated_geo",
    "rainfall_subbasin_aggregated_geo",
)
LIGHT = ("reaches", "subbasins", "stations")
_REPEATS = 5

_NAIVE = """
CREATE MATERIALIZED VIEW naive.{layer}_stored AS
SELECT {properties}, ST_Transform(geom, 4326)::geometry(Geometry, 4326) AS geom FROM guyane.{relation};
CREATE FUNCTION naive.{layer}_rows() RETURNS SETOF naive.{layer}_stored LANGUAGE plpgsql STABLE
AS $$ BEGIN RETURN QUERY SELECT * FROM naive.{layer}_stored; END $$;
CREATE VIEW naive.{layer} AS
SELECT {properties}, geom::geometry(Geometry, 4326) AS geom FROM naive.{layer}_rows();
ANALYZE naive.{layer}_stored;
"""
_NAIVE_TILE = """
SELECT ST_AsMVT(tile, 'guyane.{layer}', 4096, 'geom')
FROM (
    SELECT ST_AsMVTGeom(ST_Transform(ST_Force2D(t.geom), 3857), bounds.geom, 4096, 256) AS geom,
           {properties}
    FROM naive.{layer} AS t,
         (SELECT ST_TileEnvelope({z}, {x}, {y}) AS geom,
                 ST_Transform(ST_Intersection(ST_TileEnvelope({z}, {x}, {y}, margin => 256 / 4096.0), ST_TileEnvelope(0, 0, 0)), 4326)
                     AS lonlat) AS bounds
    WHERE ST_Intersects(t.geom, bounds.lonlat)
    LIMIT 50000
) AS tile
WHERE tile.geom IS NOT NULL
"""


def fetch(connection: Connection, query: str) -> tuple[float, bytes]:
    """Milliseconds and content of a tile."""
    stream = io.BytesIO()
    with connection.cursor() as cursor:
        start = time.perf_counter()
        cursor.copy_expert(f"COPY ({query}) TO STDOUT (FORMAT binary)", stream)
        took = (time.perf_counter() - start) * 1e3
    # Header of 19 bytes, number of columns, length, content, trailer of two bytes.
    return took, stream.getvalue()[25:-2]


def measured(
    connection: Connection, query: Callable[[Tile], str], tiles: list[Tile]
) -> tuple[list[float], float]:
    """Milliseconds of every fetch of every tile, and the heaviest tile [kB gzip]."""
    times, heaviest = [], 0.0
    for tile in tiles:
        for _ in range(_REPEATS):
            took, content = fetch(connection, query(tile))
            times.append(took)
        heaviest = max(heaviest, len(zlib.compress(content, 6)) / 1e3)
    return times, heaviest


def prepare(cluster: Cluster, folder: Path, cells: int, until: date) -> None:
    """A published basin."""
    simulate(
        folder,
        cells=cells,
        seed=973,
        start=until - HISTORY,
        until=until,
        progress=lambda line: print("  ", line, flush=True),
    )
    engine = create_engine(cluster.url("pipelines"))
    hyfaa = folder / "hyfaa"
    with transaction(engine) as connection:
        load_geography(connection, read_geography(folder / "geodata"))
    for solution in (Solution.MGBSTANDARD, Solution.ASSIMILATED):
        with Portal(hyfaa / FILES[solution].portal) as portal:
            load_series(engine, portal, solution)
    with (
        Portal(hyfaa / FILES[Solution.FORECAST].portal, is_forecast=True) as portal,
        Portal(hyfaa / FILES[Solution.ASSIMILATED].portal) as history,
    ):
        load_forecast(engine, portal, history, Solution.ASSIMILATED)
    load_rain(engine, RainStore(hyfaa / FORCING_ONMESH))
    publish_layers(engine)


def compare_layers(cluster: Cluster, tiles: list[Tile]) -> list[bool]:
    """Old against new way per zoom; which targets are met."""
    owner, tile_role = (psycopg2.connect(cluster.url(role)) for role in ("owner", "tileserv"))
    owner.autocommit = tile_role.autocommit = True
    with owner.cursor() as cursor:
        cursor.execute("SET search_path = guyane, public")
        cursor.execute("CREATE SCHEMA naive")
        for layer, (relation, properties) in MAP_LAYERS.items():
            cursor.execute(_NAIVE.format(layer=layer, relation=relation, properties=properties))
    rows, met = [], []
    for layer in (*LAYERS, *LIGHT):
        is_light = layer in LIGHT
        limits = (TARGET_LIGHT_MS, TARGET_LIGHT_KB) if is_light else (TARGET_MS, TARGET_KB)
        for zoom in range(11):
            of_zoom = [tile for tile in tiles if tile[0] == zoom]
            times, weight = measured(
                tile_role,
                lambda tile, layer=layer: f"SELECT guyane.{layer}({tile[0]}, {tile[1]}, {tile[2]})",
                of_zoom,
            )
            median, p99 = float(np.median(times)), float(np.percentile(times, 99))
            ratio = ""
            if layer in MAP_LAYERS and zoom <= PREPARED_ZOOM:
                old, _ = measured(
                    owner,
                    lambda tile, layer=layer: _NAIVE_TILE.format(
                        layer=layer, properties=MAP_LAYERS[layer][1], z=tile[0], x=tile[1], y=tile[2]
                    ),
                    of_zoom,
                )
                faster = sum(old) / sum(times)
                ratio = f"{faster:.1f}"
                met.append(faster >= TARGET_RATIO)
            met += [p99 <= limits[0], weight <= limits[1]]
            rows.append((f"{layer} z{zoom}", f"{median:.1f}", f"{p99:.1f}", f"{weight:.1f}", ratio))
    print_table(("layer and zoom", "median ms", "p99 ms", "heaviest kB gzip", "times faster"), rows)
    print(f"targets: p99 {TARGET_MS:.0f} ms, {TARGET_KB:.0f} kB, {TARGET_RATIO:.0f} times faster up to zoom 8;"
          f" light {TARGET_LIGHT_MS:.0f} ms, {TARGET_LIGHT_KB:.0f} kB")  # fmt: skip
    owner.close()
    tile_role.close()
    return met


def animation_kb(cluster: Cluster, tiles: list[Tile]) -> float:
    """What animating 15 days of the whole basin costs [kB gzip]: light tiles and values."""
    connection = psycopg2.connect(cluster.url("owner"))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT content FROM guyane.sagui_dayvalues WHERE series = 'flow' ORDER BY date DESC LIMIT %s",
            (ANIMATED_DAYS,),
        )
        answers = [bytes(content) for (content,) in cursor.fetchall()]
    assert len(answers) == ANIMATED_DAYS
    for z, x, y in tiles:
        if z == WHOLE_BASIN_ZOOM:
            answers.append(fetch(connection, f"SELECT guyane.reaches({z}, {x}, {y})")[1])
    connection.close()
    return sum(len(zlib.compress(answer, 6)) for answer in answers) / 1e3


@contextmanager
def tile_server(cluster: Cluster) -> Iterator[str]:
    """Address of a running tile server, then stops it."""
    port = free_port()
    command = [str(Path(sys.executable).parent / "gunicorn"), "--bind", f"127.0.0.1:{port}", "--workers", "2",
               "--threads", "2", "tools.tileserv_standin.app:from_environment()"]  # fmt: skip
    environment = os.environ | {"DATABASE_URL": cluster.url("tileserv")}
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{port}/tiles"
    finally:
        server.terminate()
        server.wait(timeout=30)


def check_seconds(cluster: Cluster) -> float:
    """How long comparing every tile of every layer with the tables takes [s]."""
    engine = create_engine(cluster.url("pipelines"))
    with tile_server(cluster) as url:
        deadline = time.monotonic() + 30
        while any(result.differences for result in compare_tiles(engine, url)):
            assert time.monotonic() < deadline, "the tiles differ from the tables"
        start = time.perf_counter()
        results = compare_tiles(engine, url)
        took = time.perf_counter() - start
        assert not any(result.differences for result in results)
    return took


def main() -> int:
    """Prepare, measure, print; exit status 1 when a target is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cells", type=int, default=4500)
    parser.add_argument("--until", type=date.fromisoformat, default=date(2026, 1, 10), help="newest day")
    arguments = parser.parse_args()
    with throwaway_cluster() as cluster, tempfile.TemporaryDirectory(prefix="sagui-bench-") as name:
        print(f"Preparing a basin of {arguments.cells:,} cells ...", flush=True)
        prepare(cluster, Path(name), arguments.cells, arguments.until)
        with (
            transaction(create_engine(cluster.url("pipelines"))) as connection,
            connection.cursor() as cursor,
        ):
            box = read_extents(cursor)["LineString"]
        tiles = list(tiles_over(box, range(11)))
        met = compare_layers(cluster, tiles)
        animation, check = animation_kb(cluster, tiles), check_seconds(cluster)
        met += publish_under_load(cluster, [tile for tile in tiles if tile[0] <= PREPARED_ZOOM])
    print(
        f"animating {ANIMATED_DAYS} days of the whole basin: {animation:.0f} kB (target {TARGET_ANIMATION_KB:.0f})"
    )
    print(f"comparing every tile with the tables: {check:.1f} s (target {TARGET_CHECK_S:.0f})")
    met += [animation <= TARGET_ANIMATION_KB, check <= TARGET_CHECK_S]
    print(f"{sum(met)} of {len(met)} targets met")
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
