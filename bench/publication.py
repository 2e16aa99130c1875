"""A publication while people look: who still sees old tiles, who waits for new ones, whose request fails.

Called by `bench.tiles` on its basin of 4,500 cells. All public services run; 200 requests a second ask for every tile up
to zoom 8 of every layer that shows days. Each publication changes the newest day of everything, and nobody may wait for
a tile after it.
"""

from __future__ import annotations

import http.client
import itertools
import tempfile
import threading
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from bench.harness import print_table
from sagui_pipelines.postgis.engine import create_engine
from sagui_pipelines.publication.ahead import hand_ahead
from sagui_pipelines.publication.grid import Tile
from sagui_pipelines.publication.layers import publish_layers
from sagui_pipelines.publication.telling import tell_cache, untold_tags
from sagui_pipelines.publication.warm import warm
from tests.conftest import Database
from tests.edge.edge_site import EdgeSite, public_services
from tools.native.cluster import Cluster

TARGET_STALE_S = 1.0
CLIENTS, PER_CLIENT_PER_S = 8, 25
PUBLICATIONS, APART_S = 4, 6.0
_CHANGES = (
    "UPDATE guyane.hyfaa_data_assimilated SET flow_median = flow_median * 1.1 + 1 WHERE date = (SELECT max(date) FROM guyane.hyfaa_data_assimilated)",
    "UPDATE guyane.hyfaa_data_mgbstandard SET flow_mean = flow_mean * 1.1 + 1 WHERE date = (SELECT max(date) FROM guyane.hyfaa_data_mgbstandard)",
    "UPDATE guyane.hyfaa_data_forecast SET flow_median = flow_median * 1.1 + 1 WHERE date = (SELECT max(date) FROM guyane.hyfaa_data_forecast)",
    "UPDATE guyane.sagui_rainfall SET rain = rain + 1 WHERE date = (SELECT max(date) FROM guyane.sagui_rainfall)",
)


@dataclass(frozen=True)
class Visit:
    """One answer.

    Attributes:
        begun: when the request was sent [s, monotonic].
        took: until the body was there [s].
        layer, status, version, cache: what came back; cache is HIT or MISS.
    """

    begun: float
    took: float
    layer: str
    status: int
    version: str
    cache: str


@dataclass
class Crowd:
    """Clients that ask at a steady pace until told to go."""

    port: int
    paths: list[tuple[str, str]]
    gone: threading.Event = field(default_factory=threading.Event)
    visits: list[Visit] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def client(self, number: int) -> None:
        """One client on one connection."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Host": "localhost", "Accept-Encoding": "gzip"}
        first = number * len(self.paths) // CLIENTS
        for layer, path in itertools.islice(itertools.cycle(self.paths), first, None):
            begun = time.monotonic()
            try:
                connection.request("GET", path, headers=headers)
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
                return
            took = time.monotonic() - begun
            version, cache = (answer.headers.get(name, "") for name in ("X-Data-Version", "V-Cache"))
            self.visits.append(Visit(begun, took, layer, answer.status, version, cache))
            if self.gone.wait(max(0.0, 1 / PER_CLIENT_PER_S - took)):
                break
        connection.close()


def publish_under_load(cluster: Cluster, tiles: list[Tile]) -> list[bool]:
    """Publish several times under load, print what clients met; which targets are met.

    Args:
        cluster: with a published basin.
        tiles: those up to zoom 8 that cover it.
    """
    with tempfile.TemporaryDirectory(prefix="sagui-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with public_services(folder, Database(cluster, "sagui")) as site:
            return _measured(site, tiles)


def _measured(site: EdgeSite, tiles: list[Tile]) -> list[bool]:
    engine = create_engine(site.database.url())
    warm(engine, site.url, [f"guyane.{state.layer}" for state in publish_layers(engine)])
    layers = [f"guyane.{state.layer}" for state in publish_layers(engine) if state.last_date is not None]
    paths = [(layer, f"/tiles/{layer}/{z}/{x}/{y}.pbf") for z, x, y in tiles for layer in layers]
    crowd = Crowd(site.layout.port("edge"), paths)
    threads = [threading.Thread(target=crowd.client, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    rows, stale_s, misses = [], 0.0, 0
    try:
        for number in range(PUBLICATIONS):
            time.sleep(APART_S)
            for statement in _CHANGES:
                site.database.query(statement)
            began = time.monotonic()
            hand_over = partial(hand_ahead, engine, cache_url=site.url)
            states = {f"guyane.{state.layer}": state for state in publish_layers(engine, hand_over)}
            committed = time.monotonic()
            tags = untold_tags(engine)
            tell_cache(engine, site.url, tags)
            told = time.monotonic()
            fetched = warm(engine, site.url, tags)
            warmed = time.monotonic()
            time.sleep(APART_S)
            after = [visit for visit in list(crowd.visits) if visit.begun >= committed]
            old = [
                visit.begun - committed
                for visit in after
                if visit.version != states[visit.layer].data_version[:16]
            ]
            missed = sum(visit.cache != "HIT" for visit in after)
            longest = max(visit.took for visit in after) * 1e3
            p99 = float(np.percentile([visit.took for visit in after], 99)) * 1e3
            stale_s = max(stale_s, max(old, default=0.0))
            misses += missed
            rows.append((
                f"publication {number + 1}", f"{committed - began:.1f}", f"{(told - committed) * 1e3:.0f}", f"{warmed - told:.2f}",
                f"{fetched.fetched}", f"{max(old, default=0.0):.2f}", f"{missed}", f"{p99:.1f}", f"{longest:.0f}",
            ))  # fmt: skip
    finally:
        crowd.gone.set()
        for thread in threads:
            thread.join(timeout=60)
    failed = len(crowd.failures) + sum(visit.status != 200 for visit in crowd.visits)
    header = (
        "under 200 requests/s", "took s", "told ms", "refilled s", "tiles", "last old byte s", "waited", "p99 ms", "longest ms"
    )  # fmt: skip
    print_table(header, rows)
    print(
        f"{len(crowd.visits):,} requests, {failed} failed (target 0); last old byte {stale_s:.2f} s after the commit"
        f" (target {TARGET_STALE_S:.0f}); answers up to zoom 8 that somebody waited for: {misses} (target 0)"
    )
    return [failed == 0, stale_s <= TARGET_STALE_S, misses == 0]
