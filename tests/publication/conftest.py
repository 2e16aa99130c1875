"""A published world of six rivers, and the tile server's stand-in on it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest

from sagui_pipelines.publication.layers import publish_layers
from tests.conftest import Database
from tests.sql.conftest import FLOW, TODAY, add_day, add_forecast, last_days, make_geography
from tools.tileserv_standin.app import TileServer
from tools.tileserv_standin.layers import TileDatabase


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


def fill(database: Database) -> None:
    """Geography, 15 days of both series and of rain, a forecast of 3 days, one station."""
    make_geography(database)
    for back, day in enumerate(last_days(16)):
        for table in FLOW:
            add_day(
                database,
                table,
                day,
                {cell: 10.0**cell / 100 + back for cell in range(1, 7)},
                anomaly=5.25 - back,
            )
        add_day(database, "sagui_rainfall", day, {cell: 1.25 * cell for cell in range(1, 7)})
    add_forecast(database, TODAY + timedelta(days=1), 3, [1, 2, 3, 4, 5, 6])
    database.query(
        "INSERT INTO guyane.hyfaa_stations (code, name, minibasin_id, geom) "
        "VALUES ('a', 'Alpha', 5, ST_SetSRID(ST_MakePoint(-53.5, 4.05), 4326))"
    )


@pytest.fixture
def published(database: Database) -> Database:
    """A database whose layers, values and documents are published."""
    fill(database)
    publish_layers(database.engine())
    return database


@pytest.fixture
def tile_server(published: Database) -> Iterator[str]:
    """Address of the tile server on the published world."""
    layers = TileDatabase(published.url("tileserv"), 8)
    server = make_server("127.0.0.1", 0, TileServer(layers), _Server, _Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/tiles"
    server.shutdown()
    server.server_close()
    layers.close()
