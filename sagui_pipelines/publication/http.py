"""Fetching many small answers of one server over connections that stay open."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

_WORKERS = 8
Key = TypeVar("Key")


@dataclass(frozen=True)
class Answer:
    """What came back.

    Attributes:
        status: HTTP status; 0 when the server did not answer.
        body: the content; of no answer, what went wrong.
    """

    status: int
    body: bytes


class Fetcher:
    """GET requests to one server, several at a time.

    Args:
        base: address of the server, with the path that precedes those asked for.
        headers: sent with every request.
        timeout_s: for how long a connection or an answer is waited for [s].
    """

    def __init__(self, base: str, headers: Mapping[str, str] | None = None, timeout_s: float = 30) -> None:
        parts = urlsplit(base)
        self._kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._host = parts.netloc
        self._prefix = parts.path.rstrip("/")
        self._headers = dict(headers or {})
        self._timeout_s = timeout_s
        self._local = threading.local()

    def fetch_all(self, paths: Iterable[tuple[Key, str]]) -> Iterator[tuple[Key, Answer]]:
        """Fetch paths; answers come in the order of the requests."""
        with ThreadPoolExecutor(_WORKERS) as pool:
            yield from pool.map(lambda asked: (asked[0], self._get(asked[1])), list(paths))

    def _get(self, path: str) -> Answer:
        for _ in range(2):
            # A server may close a connection that was idle; a fresh one tells whether it is really away.
            connection = getattr(self._local, "connection", None)
            fresh = connection is None
            if connection is None:
                connection = self._local.connection = self._kind(self._host, timeout=self._timeout_s)
            try:
                connection.request("GET", self._prefix + path, headers=self._headers)
                response = connection.getresponse()
                return Answer(response.status, response.read())
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                self._local.connection = None
                if fresh:
                    return Answer(0, f"{type(error).__name__}: {error}".encode())
        return Answer(0, b"the connection was lost twice")
