"""What the tests' gunicorn serves: the backend, in place of nginx its static files, in place of the edge the tiles."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.contrib.staticfiles.handlers import StaticFilesHandler

from sagui_backend.config.wsgi import application as backend
from tools.tileserv_standin.app import TileServer
from tools.tileserv_standin.layers import TileDatabase

# Threads of that gunicorn, each of which may ask for a tile.
THREADS = 4
_backend = StaticFilesHandler(backend)
_tiles = TileServer(TileDatabase(os.environ["DATABASE_URL"], connections=THREADS))


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """WSGI."""
    path = environ["PATH_INFO"]
    server = _tiles if path.startswith("/tiles/") and path.endswith(".pbf") else _backend
    return server(environ, start_response)
