"""WSGI application: `gunicorn "tools.tileserv_standin.app:from_environment()"` with DATABASE_URL set."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

import psycopg2

from tools.tileserv_standin.layers import Layer, TileDatabase

_TILE = re.compile(r"/tiles/([^/]+)/(\d+)/(\d+)/(\d+)\.\w+")
_DETAIL = re.compile(r"/tiles/([^/]+)\.json")
_MAX_ZOOM = 22
_MVT = "application/vnd.mapbox-vector-tile"
_JSON = "application/json"
_TEXT = "text/plain; charset=utf-8"

Answer = tuple[HTTPStatus, str, bytes]


class TileServer:
    """The whole service: a database, and an answer to each address."""

    def __init__(self, database: TileDatabase) -> None:
        self._database = database

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """WSGI."""
        try:
            status, content_type, body = self._answer(environ)
        except psycopg2.Error as error:
            status, content_type, body = HTTPStatus.INTERNAL_SERVER_ERROR, _TEXT, str(error).encode()
        headers = [
            ("Content-Type", content_type),
            ("Content-Length", str(len(body))),
            ("Access-Control-Allow-Origin", "*"),
            ("X-Tile-Server", "stand-in"),
        ]
        start_response(f"{status.value} {status.phrase}", headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _answer(self, environ: dict[str, Any]) -> Answer:
        path = environ["PATH_INFO"]
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return HTTPStatus.METHOD_NOT_ALLOWED, _TEXT, b"Method not allowed\n"
        if path == "/tiles/health":
            return HTTPStatus.OK, _TEXT, b"200 OK\n"
        base = f"{environ['wsgi.url_scheme']}://{environ.get('HTTP_HOST', 'localhost')}/tiles"
        if path == "/tiles/index.json":
            self._database.reload()
            return self._json(
                {key: self._summary(layer, base) for key, layer in self._database.layers.items()}
            )
        if match := _TILE.fullmatch(path):
            z, x, y = (int(number) for number in match.groups()[1:])
            options = dict(parse_qsl(environ.get("QUERY_STRING", "")))
            return self._tile(match[1].split(","), z, x, y, options)
        if match := _DETAIL.fullmatch(path):
            self._database.reload()
            layer = self._database.layers.get(match[1])
            return self._json(self._detail(layer, base)) if layer else self._unknown(match[1])
        return HTTPStatus.NOT_FOUND, _TEXT, b"Not found\n"

    def _tile(self, names: list[str], z: int, x: int, y: int, options: dict[str, str]) -> Answer:
        unknown = [name for name in names if name not in self._database.layers]
        if unknown:
            return self._unknown(unknown[0])
        if z > _MAX_ZOOM or x >= 2**z or y >= 2**z:
            return HTTPStatus.BAD_REQUEST, _TEXT, f"There is no tile {z}/{x}/{y}\n".encode()
        tiles = (self._database.tile(self._database.layers[name], z, x, y, options) for name in names)
        return HTTPStatus.OK, _MVT, b"".join(tiles)

    @staticmethod
    def _json(document: object) -> Answer:
        return HTTPStatus.OK, _JSON, json.dumps(document).encode()

    @staticmethod
    def _unknown(name: str) -> Answer:
        return HTTPStatus.NOT_FOUND, _TEXT, f"There is no layer {name}\n".encode()

    @staticmethod
    def _summary(layer: Layer, base: str) -> dict[str, str]:
        facts = {key: layer.facts[key] for key in ("id", "schema", "name", "description")}
        return {
            "type": "function" if layer.is_function else "table",
            **facts,
            "detailurl": f"{base}/{facts['id']}.json",
        }

    def _detail(self, layer: Layer, base: str) -> dict[str, Any]:
        facts = {key: layer.facts[key] for key in ("id", "schema", "name", "description")}
        if not layer.is_function:
            facts |= {key: layer.facts[key] for key in ("properties", "geometrytype")}
        west, south, east, north = bounds = self._database.bounds(layer)
        return {
            **facts,
            "center": [(west + east) / 2, (south + north) / 2],
            "bounds": bounds,
            "minzoom": 0,
            "maxzoom": _MAX_ZOOM,
            "tileurl": f"{base}/{facts['id']}/{{z}}/{{x}}/{{y}}.pbf",
        }


def from_environment() -> TileServer:
    """The application for the database named by DATABASE_URL."""
    return TileServer(TileDatabase(os.environ["DATABASE_URL"], connections=2))
