"""Telling the cache: what people are told when it does not listen."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from sagui_pipelines.errors import PublicationFailed
from sagui_pipelines.publication.cache import purge
from tests.conftest import free_port


class _Refusing(BaseHTTPRequestHandler):
    def do_PURGE(self) -> None:
        self.send_response(403)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def refusing_cache() -> Iterator[str]:
    """Address of a server that lets nobody purge."""
    server = HTTPServer(("127.0.0.1", 0), _Refusing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_silent_cache_is_a_retryable_error_with_a_remedy() -> None:
    with pytest.raises(PublicationFailed, match="does not answer") as told:
        purge(f"http://127.0.0.1:{free_port()}", ["guyane.mvt_rainfall"])
    assert told.value.retryable
    assert "SAGUI_PURGE_URL" in told.value.remedy


def test_refused_purge_names_status_and_remedy(refusing_cache: str) -> None:
    with pytest.raises(PublicationFailed, match="status 403") as told:
        purge(refusing_cache, ["guyane.mvt_rainfall"])
    assert "purge list" in told.value.remedy


def test_nothing_changed_asks_nobody() -> None:
    assert purge(f"http://127.0.0.1:{free_port()}", []) == 0
