"""100,000 wrong requests, always the same ones: short refusals, no server error, no hang, nothing for the tile server."""

from __future__ import annotations

import asyncio
import errno
import random
import re
import subprocess
from collections import Counter

import pytest

from tests.edge.edge_site import FLOW, EdgeSite

pytestmark = pytest.mark.postgis

REQUESTS, BATCH, CONNECTIONS, SEED = 100_000, 50, 8, 1950
REFUSALS = {400, 404, 405, 406, 410, 416}
GOOD = {200, 204, 301, 302, 304}
# What nobody outside should read: causes, statements, programs with their versions.
LEAKS = re.compile(
    rb"Traceback|SELECT |psycopg|File \"|postgres|Varnish|XID|Guru|gunicorn|Exception|/[0-9]+\.[0-9]+\.[0-9]+",
    re.IGNORECASE,
)
NUMBERS = (
    "-1",
    "00",
    "1e3",
    "0x1",
    "1.5",
    "NaN",
    "",
    " ".strip(),
    "%30",
    "9" * 40,
    "4194304",
    "²",
    "a",
    "1;2",
    "'",
    "{z}",
)
OPTIONS = (
    "limit=0",
    "filter=1=1",
    "resolution=100000",
    "properties=geom",
    "buffer=9999",
    "filter-crs=4326",
    "v=zz",
    "a" * 8000,
)
METHODS = ("TRACE", "CONNECT", "PROPFIND", "get", "BREW", "PURGE", "POST", "PUT", "DELETE", "PATCH")
HOSTS = ("evil.example", "localhost:99999", "-", "a" * 300, "127.0.0.1", "[::1]", "x y", "<script>")
HEADERS = (
    "Cookie: a=b",
    "X-Sagui-Stale: yes",
    "X-Sagui-Kind: layers",
    "Range: bytes=5-1",
    "X-Forwarded-Host: evil",
    "Authorization: x",
    "If-None-Match: *",
)


def tile_address(chance: random.Random) -> str:
    """An address like a tile's that is none."""
    layer = chance.choice(
        (
            FLOW,
            f"{FLOW},{FLOW}",
            "guyane.nothing",
            "pg_catalog.pg_user",
            "a",
            "guyane.a%00",
            "..",
            'guyane."x"',
            FLOW.upper(),
        )
    )
    z = str(chance.randrange(0, 23))
    x = y = "0"
    query = ""
    wrong = chance.randrange(5)
    if wrong == 0:
        z, x, y = (chance.choice(NUMBERS) if chance.random() < 0.6 else n for n in (z, x, y))
        x = chance.choice(NUMBERS)
    elif wrong == 1:
        z = str(chance.randrange(23, 10_000))
    elif wrong == 2:
        x = str(2 ** int(z) + chance.randrange(1000))
    elif wrong == 3:
        query = f"?{chance.choice(OPTIONS)}"
    elif layer == FLOW:
        layer = f"guyane.{chance.randbytes(4).hex()}"
    return f"/tiles/{layer}/{z}/{x}/{y}.{chance.choice(('pbf', 'pbf', 'mvt', 'png'))}{query}".replace(" ", "")


def other_address(chance: random.Random) -> str:
    """An address that is answered, or refused, by others than the tile server."""
    start = chance.choice(
        ("/tiles/", "/api/v1/", "/api/values/", "/backend_static/", "/", "/atmo/styled/", "/dashboards/")
    )
    words = (
        "index.json", "metrics", "debug/pprof", "..%2f..%2fetc/passwd", "%ff%fe", "%00", "%", "%zz", "flow_previ/stations/999/data",
        "dashboard?duration=-1", "flow_previ/stations?page=0", "flow/2026-13-45", "cells?limit=0", ".env", "a" * 9000, "%c0%ae%c0%ae/", "x?v=%27",
    )  # fmt: skip
    return (start + chance.choice(words)).replace(" ", "")


def request_text(number: int) -> bytes:
    """Request number so and so: the same in every run."""
    chance = random.Random(SEED * 1_000_003 + number)
    # Of those that reach the backend a few hundred kinds are enough: it is slower than the cache.
    address = (
        tile_address(chance)
        if chance.random() < 0.97
        else other_address(random.Random(chance.randrange(400)))
    )
    method = chance.choice(METHODS) if address.startswith("/tiles/") and chance.random() < 0.1 else "GET"
    host = chance.choice(HOSTS) if chance.random() < 0.1 and address.startswith("/tiles/") else "localhost"
    lines = [f"{method} {address} HTTP/1.1", f"Host: {host}"]
    if chance.random() < 0.2:
        lines.append(chance.choice(HEADERS))
    if method == "POST":
        lines.append("Content-Length: 0")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8")


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    status = int(head[9:12])
    if status in (204, 304):
        return status, b""
    if b"transfer-encoding: chunked" in head:
        body = b""
        while size := int(await reader.readline(), 16):
            body += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
        return status, body
    length = re.search(rb"content-length: (\d+)", head)
    return status, await reader.readexactly(int(length[1])) if length else b""


async def _ask(port: int, numbers: list[int], statuses: Counter[int], leaks: list[bytes]) -> None:
    """Send a batch down one connection at once and read the answers in their order."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(b"".join(request_text(number) for number in numbers))
        await writer.drain()
        for number in numbers:
            status, body = await asyncio.wait_for(_answer(reader), timeout=30)
            statuses[status] += 1
            if status not in GOOD and (status not in REFUSALS or LEAKS.search(body) or len(body) > 2000):
                leaks.append(request_text(number)[:200] + b" -> %d " % status + body[:300])
    finally:
        writer.close()


async def _ask_all(port: int) -> tuple[Counter[int], list[bytes]]:
    statuses: Counter[int] = Counter()
    leaks: list[bytes] = []
    batches = iter([range(start, start + BATCH) for start in range(0, REQUESTS, BATCH)])

    async def worker() -> None:
        for batch in batches:
            await _ask(port, list(batch), statuses, leaks)

    await asyncio.gather(*(worker() for _ in range(CONNECTIONS)))
    return statuses, leaks


def tile_server_requests(site: EdgeSite) -> int:
    """How many requests the cache has sent to the tile server, probes not counted."""
    command = ["varnishstat", "-1", "-n", str(site.layout.run / "varnish"), "-f", "VBE.*.tileserv.req"]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[1])


def test_wrong_requests_are_refused_and_reach_no_tile_server(site: EdgeSite) -> None:
    site.get("/tiles/index.json")
    before = tile_server_requests(site)
    statuses, leaks = asyncio.run(_ask_all(site.layout.port("edge")))
    assert leaks == []
    assert sum(statuses.values()) == REQUESTS
    assert set(statuses) <= GOOD | REFUSALS
    assert {400, 404, 405, 410} <= set(statuses)
    assert tile_server_requests(site) == before
    # And it still works.
    assert site.get(f"/tiles/{FLOW}/6/22/31.pbf").status_code == 200


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00\x01\x02\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\nHost: a\r\n\r\n", b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 500 + b"\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", b"GET /x HTTP/1.1\r\nA: " + b"b" * 9000 + b"\r\n\r\n",
    ],
    ids=range(10),
)  # fmt: skip
def test_garbage_is_refused_or_hung_up_on(site: EdgeSite, garbage: bytes) -> None:
    async def send() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", site.layout.port("edge"))
        try:
            writer.write(garbage)
            writer.write_eof()
            return await asyncio.wait_for(reader.read(), timeout=30)
        except OSError as hung_up:  # at any moment, even before everything has been sent
            if hung_up.errno not in (errno.ECONNRESET, errno.EPIPE, errno.ENOTCONN):
                raise
            return b""
        finally:
            writer.close()

    answer = asyncio.run(send())
    assert re.match(rb"HTTP/1\.1 4\d\d ", answer) or answer == b"", answer[:300]
    assert not LEAKS.search(answer.partition(b"\r\n\r\n")[2])
    assert site.get("/healthz").status_code == 204
