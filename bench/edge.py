"""The cache: hits per second beside nginx with the same bytes from disk, a crowd, and the hit ratio of a day.

    python -m bench.edge [--seconds 5] [--rounds 3]

nginx plays the tile server and, in the same process, the rival. Both are asked by wrk on the same two cores.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import os
import random
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.harness import ROOT, print_table
from tools.native.render import render
from tools.native.services import varnish_options

TARGET_RPS, TARGET_P99_MS, TARGET_RATIO, TARGET_HITS = 25_000, 5.0, 0.7, 0.99
TILES, TILE_BYTES = 200, 25_000
LAYERS = ("guyane.hyfaa_forecast_aggregated_geo", "guyane.hyfaa_data_aggregated_geo", "guyane.mvt_rainfall")
LAYER = LAYERS[0]
VISITS = 2_000
# Where people look: the tiles of a window over the country, and those around stations.
WINDOW = [(6, x, y) for x in range(20, 24) for y in range(30, 33)]
STATIONS = [(-54.0 + 0.25 * n, 3.0 + 0.2 * n) for n in range(13)]


@dataclass(frozen=True)
class Load:
    """What wrk saw.

    Attributes:
        rps: requests per second.
        p99_ms: 99th percentile of the latency [ms].
        failed: answers other than 2xx and 3xx, and socket errors.
    """

    rps: float
    p99_ms: float
    failed: int


def wrk(port: int, seconds: int, clients: int, script: Path) -> Load:
    """Ask for tiles as fast as it goes."""
    command = ["wrk", "-t2", f"-c{clients}", f"-d{seconds}s", "--latency", "-s", str(script)]
    text = subprocess.run(
        [*command, f"http://127.0.0.1:{port}"], capture_output=True, text=True, check=True
    ).stdout
    latency = re.search(r"99%\s+([\d.]+)(us|ms|s)", text)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    assert latency, text
    assert rate, text
    scale = {"us": 0.001, "ms": 1.0, "s": 1000.0}[latency[2]]
    failed = sum(int(number) for number in re.findall(r"Non-2xx or 3xx responses: (\d+)", text))
    errors = re.search(r"connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    failed += sum(map(int, errors.groups())) if errors else 0
    return Load(float(rate[1]), float(latency[1]) * scale, failed)


NGINX = """
worker_processes 2; daemon off; pid {folder}/nginx.pid; error_log stderr error; worker_rlimit_nofile 8192;
events {{ worker_connections 4096; }}
http {{
    types {{ application/vnd.mapbox-vector-tile pbf; }}
    access_log off; sendfile on; tcp_nopush on; gzip_static on; keepalive_requests 1000000;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        root {folder}/www;
        location = /api/edge/layers {{ add_header X-Layers "{layers}"; return 200 ""; }}
        location = /api/health/ready {{ return 200 ""; }}
        location /tiles/ {{ try_files $uri /tile.pbf; }}
    }}
}}
"""


def free_port() -> int:
    """A TCP port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def configure_nginx(folder: Path, port: int, version: str) -> Path:
    """Write nginx's configuration, with the version that all layers are to have."""
    layers = "|" + "".join(f"{layer}={version}|" for layer in LAYERS)
    path = folder / "nginx.conf"
    path.write_text(NGINX.format(folder=folder, port=port, layers=layers))
    return path


def write_tiles(folder: Path) -> None:
    """Tiles of so many bytes once compressed, with their compressed copies beside them."""
    www = folder / "www"
    body = random.Random(1).randbytes(TILE_BYTES) + b"a" * TILE_BYTES
    small = gzip.compress(body, 6)
    for path in (
        www / "tile.pbf",
        *(www / "tiles" / LAYER / "8" / str(n) / "7.pbf" for n in range(TILES)),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        path.with_name(path.name + ".gz").write_bytes(small)


@contextmanager
def servers(folder: Path) -> Iterator[tuple[int, int]]:
    """nginx and Varnish in front of it; their ports."""
    nginx_port, edge_port = free_port(), free_port()
    write_tiles(folder)
    rules = folder / "rules"
    shutil.copytree(ROOT / "compose" / "varnish", rules)
    values = {f"{name}_HOST": "127.0.0.1" for name in ("TILESERV", "BACKEND", "NGINX", "FRONTEND")}
    values |= {name.replace("HOST", "PORT"): str(nginx_port) for name in values}
    template = (rules / "backends.vcl.template").read_text()
    (rules / "backends.vcl").write_text(render(template, values | {"PURGERS": '"127.0.0.1";'}))
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    environment = os.environ | {"PATH": os.environ["PATH"] + ":/usr/sbin"}
    commands = (
        ["nginx", "-e", "stderr", "-c", str(configure_nginx(folder, nginx_port, "a1")), "-p", str(folder)],
        [
            "varnishd", "-F", "-j", "none", "-n", str(folder / "varnish"), "-a", f"127.0.0.1:{edge_port}",
            "-p", f"vcl_path={rules}", "-f", str(rules / "default.vcl"), *varnish_options(),
        ],
    )  # fmt: skip
    log = (folder / "log").open("wb")
    running = [subprocess.Popen(command, env=environment, stdout=log, stderr=log) for command in commands]
    try:
        deadline = time.monotonic() + 30
        while status(edge_port, f"/tiles/{LAYER}/8/0/7.pbf") != 200:
            if time.monotonic() > deadline:
                raise SystemExit((folder / "log").read_text()[-2000:])
            time.sleep(0.2)
        yield nginx_port, edge_port
    finally:
        for process in running:
            process.terminate()
            process.wait(timeout=30)


def status(port: int, path: str, method: str = "GET", **headers: str) -> int:
    """Status of one request; 0 when nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, headers={"Host": "localhost", **headers})
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def tile_at(zoom: int, longitude: float, latitude: float) -> tuple[int, int, int]:
    """The tile that shows a place; near enough to the equator for a grid without Mercator."""
    return zoom, int((longitude + 180) / 360 * 2**zoom), int((0.5 - latitude / 360) * 2**zoom)


def visit(chance: random.Random) -> list[str]:
    """What one visitor asks for: the country in one or all three themes, then a closer look at some station."""
    paths = []
    for layer in LAYERS[: chance.choice((1, 1, 2, 3))]:
        tiles = list(WINDOW)
        if chance.random() < 0.5:
            place = STATIONS[min(int(chance.expovariate(0.4)), len(STATIONS) - 1)]
            for zoom in range(7, chance.randrange(8, 13)):
                z, x, y = tile_at(zoom, *place)
                tiles += [(z, x + dx, y + dy) for dx in (0, 1) for dy in (0, 1)]
        paths += [f"/tiles/{layer}/{z}/{x}/{y}.pbf" for z, x, y in tiles]
    return paths


def replay_day(folder: Path, nginx_port: int, edge_port: int) -> tuple[int, int]:
    """A day of visits from an empty cache, with one publication at noon; requests, and answers that were no hits."""
    chance = random.Random(5)
    connection = http.client.HTTPConnection("127.0.0.1", edge_port, timeout=30)
    requests = misses = 0
    for number in range(VISITS):
        if number == VISITS // 2:
            configure_nginx(folder, nginx_port, "b2")
            subprocess.run(["nginx", "-e", "stderr", "-c", str(folder / "nginx.conf"), "-p", str(folder), "-s", "reload"], check=True, stderr=subprocess.DEVNULL)  # fmt: skip
            time.sleep(1)
            assert status(edge_port, "/", "PURGE", **{"xkey-purge": " ".join(LAYERS)}) == 200
            for layer in LAYERS:  # as the publication does
                for z, x, y in WINDOW:
                    status(edge_port, f"/tiles/{layer}/{z}/{x}/{y}.pbf", **{"X-Refresh": "yes"})
        for path in visit(chance):
            connection.request("GET", path, headers={"Host": "localhost", "Accept-Encoding": "gzip"})
            answer = connection.getresponse()
            answer.read()
            requests += 1
            misses += answer.headers["V-Cache"] != "HIT"
    return requests, misses


def main() -> int:
    """Measure, print; exit status 1 when a target is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sagui-bench-") as name, servers(Path(name)) as (nginx, edge):
        folder = Path(name)
        requests, misses = replay_day(folder, nginx, edge)
        script = folder / "tiles.lua"
        script.write_text(f"""local n = 0
request = function()
    n = n + 1
    return wrk.format("GET", "/tiles/{LAYER}/8/" .. (n * 7 % {TILES}) .. "/7.pbf",
        {{["Accept-Encoding"] = "gzip", ["Host"] = "localhost"}})
end
""")
        loads: dict[str, list[Load]] = {"nginx, from disk": [], "Varnish, hits": []}
        wrk(edge, 1, 32, script)
        for _ in range(arguments.rounds):
            for label, port in zip(loads, (nginx, edge), strict=True):
                loads[label].append(wrk(port, arguments.seconds, 32, script))
        crowd = wrk(edge, arguments.seconds, 1000, script)
    rates = {label: statistics.median(load.rps for load in found) for label, found in loads.items()}
    p99 = {label: statistics.median(load.p99_ms for load in found) for label, found in loads.items()}
    rows = [(label, f"{rates[label]:,.0f}", f"{p99[label]:.1f}") for label in loads]
    print_table(
        ("25 kB tiles", "requests/s", "p99 ms"),
        [*rows, ("1,000 clients", f"{crowd.rps:,.0f}", f"{crowd.p99_ms:.1f}")],
    )
    rps, late = rates["Varnish, hits"], p99["Varnish, hits"]
    ratio = rps / rates["nginx, from disk"]
    hits = 1 - misses / requests
    failed = crowd.failed + sum(load.failed for load in loads["Varnish, hits"])
    print(f"Varnish : nginx {ratio:.2f} (target {TARGET_RATIO}); failed requests: {failed} (target 0)")
    print(f"targets: {TARGET_RPS:,} requests/s, p99 {TARGET_P99_MS:.0f} ms")
    print(f"a day of {requests:,} requests with one publication: {hits:.2%} hits (target {TARGET_HITS:.0%})")
    good = rps >= TARGET_RPS and late <= TARGET_P99_MS and ratio >= TARGET_RATIO
    return 0 if good and not failed and hits >= TARGET_HITS else 1


if __name__ == "__main__":
    sys.exit(main())
