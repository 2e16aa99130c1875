"""The cache hears of every change exactly until it has heard, and low zooms are fetched through it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sagui_pipelines.errors import PublicationFailed
from sagui_pipelines.publication.cache import purge
from sagui_pipelines.publication.layers import publish_layers
from sagui_pipelines.publication.telling import tell_cache, untold_tags, values_version
from sagui_pipelines.publication.warm import warm
from tests.conftest import Database, free_port

pytestmark = pytest.mark.postgis


class _Cache(BaseHTTPRequestHandler):
    def do_PURGE(self) -> None:
        self.server.purged.append(self.headers["xkey-purge"].split())  # type: ignore[attr-defined]
        self.send_response(self.server.answers)  # type: ignore[attr-defined]
        self.send_header("X-Purged", "7")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers["X-Refresh"]))  # type: ignore[attr-defined]
        self.send_response(200 if "/8/" not in self.path else 503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def cache() -> Iterator[ThreadingHTTPServer]:
    """A cache that writes down what it is told and asked; it fails at zoom 8."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Cache)
    server.purged, server.asked, server.answers = [], [], 200  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def address(cache: ThreadingHTTPServer) -> str:
    """Where it listens."""
    return f"http://127.0.0.1:{cache.server_port}"


def test_what_was_not_told_stays_to_be_told(published: Database, cache: ThreadingHTTPServer) -> None:
    engine = published.engine()
    untold = untold_tags(engine)
    assert len(untold) == 16
    assert {"values", "catalogue", "guyane.reaches", "guyane.mvt_rainfall"} <= set(untold)
    with pytest.raises(PublicationFailed):
        tell_cache(engine, f"http://127.0.0.1:{free_port()}", untold)
    # A run that was killed here left nothing behind but this.
    publish_layers(engine)
    assert untold_tags(engine) == untold
    assert tell_cache(engine, address(cache), untold) == 7
    assert untold_tags(engine) == {}
    assert set(cache.purged[0]) == {*untold, "api"}  # type: ignore[attr-defined]


def test_only_what_changed_is_told(published: Database, cache: ThreadingHTTPServer) -> None:
    engine = published.engine()
    tell_cache(engine, address(cache), untold_tags(engine))
    version = values_version(engine)
    published.query("UPDATE guyane.sagui_rainfall SET rain = 33 WHERE cell_id = 2")
    publish_layers(engine)
    assert set(untold_tags(engine)) == {
        "values", "catalogue", "guyane.mvt_rainfall",
        "guyane.rainfall_minibasin_aggregated_geo", "guyane.rainfall_subbasin_aggregated_geo",
    }  # fmt: skip
    assert values_version(engine) != version


def test_change_while_the_cache_is_told_is_not_lost(published: Database, cache: ThreadingHTTPServer) -> None:
    engine = published.engine()
    before = untold_tags(engine)
    published.query("UPDATE guyane.sagui_rainfall SET rain = 33 WHERE cell_id = 2")
    publish_layers(engine)
    tell_cache(engine, address(cache), before)
    assert "guyane.mvt_rainfall" in untold_tags(engine)
    assert "guyane.reaches" not in untold_tags(engine)


def test_low_zooms_of_changed_layers_are_fetched_the_map_first(
    published: Database, cache: ThreadingHTTPServer
) -> None:
    tags = {
        "guyane.stations",
        "guyane.mvt_rainfall",
        "guyane.hyfaa_forecast_aggregated_geo",
        "values",
        "catalogue",
    }
    done = warm(published.engine(), address(cache), tags)
    paths = [path for path, _ in cache.asked]  # type: ignore[attr-defined]
    assert {refresh for _, refresh in cache.asked} == {"yes"}  # type: ignore[attr-defined]
    assert done.fetched + done.failed == len(paths) == len(set(paths))
    assert done.failed == sum("/8/" in path for path in paths) > 0
    assert "/api/values/" in paths
    tiles = [path for path in paths if path.startswith("/tiles/")]
    assert {path.split("/")[2] for path in tiles} == tags - {"values", "catalogue"}
    assert {int(path.split("/")[3]) for path in tiles} == set(range(9))
    assert "/tiles/guyane.mvt_rainfall/5/11/15.pbf" in tiles
    first_of = {
        name: min(i for i, path in enumerate(tiles) if name in path)
        for name in ("forecast", "mvt", "stations")
    }
    assert first_of["stations"] > first_of["forecast"]


@pytest.mark.parametrize(("status", "remedy"), [(403, "purge list"), (503, "/api/health/ready")])
def test_a_refusal_says_what_to_do(cache: ThreadingHTTPServer, status: int, remedy: str) -> None:
    cache.answers = status  # type: ignore[attr-defined]
    with pytest.raises(PublicationFailed, match=remedy):
        purge(address(cache), ["api"])


def test_nothing_changed_fetches_nothing(published: Database, cache: ThreadingHTTPServer) -> None:
    assert warm(published.engine(), address(cache), ()).fetched == 0
    assert cache.asked == []  # type: ignore[attr-defined]
