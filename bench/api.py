"""The API uncached, through gunicorn with two workers, beside its own SQL replayed without Django.

    python -m bench.api [--cells 4500] [--days 2192] [--rounds 5] [--requests 200]

Thirteen stations with four reference periods; both series, rain and a forecast are loaded by the pipelines' own
loaders. One client asks over one kept connection; endpoints take turns. `bare SQL` sends exactly the statements that
the endpoint executes, transaction included, over one psycopg2 connection and fetches every row. Rounds alternate;
the best round of each counts, since other work on the machine only ever slows one down.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psycopg2
from numpy.typing import NDArray
from psycopg2.extras import execute_values

from bench.harness import ROOT, free_port, print_table, throwaway_cluster
from bench.one_day import prepare, write_files, write_forecast
from bench.synthetic import write_rain_store
from sagui_pipelines.hyfaa.solutions import FORCING_ONMESH
from tools.native.cluster import Cluster
from tools.native.layout import executable

STATIONS = 13
# Address and the p95 aimed at [ms].
TARGETS = {
    "/api/v1/dashboard": 25.0,
    "/api/v1/flow_previ/stations": 25.0,
    "/api/v1/flow_alerts/stations": 25.0,
    "/api/v1/flow_previ/stations/7/data": 30.0,
    "/api/v1/flow_alerts/stations/7/data": 30.0,
    "/api/v1/flow_previ/stations/7/data?duration=365": 30.0,
    "/api/v1/rain_alerts/basins": 25.0,
    "/dashboards/": 25.0,
    "/dashboards/flow/": 25.0,
}
_WARM_UP = 20


def add_stations(cluster: Cluster, cells: int) -> None:
    """Stations spread over the rivers, three of them with all thresholds, each with four reference periods."""
    places = np.linspace(cells // 10, cells, STATIONS).astype(int).tolist()
    connection = psycopg2.connect(cluster.url("owner"))
    with connection, connection.cursor() as cursor:
        execute_values(
            cursor,
            "INSERT INTO guyane.hyfaa_stations (code, name, minibasin_id, threshold_drought, threshold_flood_low,"
            " threshold_flood_mid, threshold_flood_high, geom) VALUES %s",
            [
                (
                    f"s{number}", f"Station {number}", mini, 0.2 * mini, 0.8 * mini,
                    mini if number < 9 else None, 1.2 * mini if number < 3 else None, "SRID=4326;POINT(-53 4)",
                )
                for number, mini in enumerate(places)
            ],
        )  # fmt: skip
        cursor.execute(
            "INSERT INTO guyane.stations_reference_flow (period_id, station_id, day_of_year, flow)"
            " SELECT period.id, station.id, day, round((station.minibasin_id * (0.7 + 0.4 * sin(day / 58.0)))::numeric, 1)"
            " FROM guyane.stations_reference_flow_period AS period, guyane.hyfaa_stations AS station,"
            " generate_series(1, 366) AS day"
        )
        cursor.execute("ANALYZE guyane.hyfaa_stations, guyane.stations_reference_flow")
    connection.close()


def environment(cluster: Cluster) -> dict[str, str]:
    """Variables of the web process."""
    return {
        **os.environ,
        "SAGUI_API_DATABASE_URL": cluster.url("api"),
        "SAGUI_SECRET_KEY": secrets.token_urlsafe(48),
        "SAGUI_ALLOWED_HOSTS": "127.0.0.1,testserver",
        "SAGUI_TLS": "false",
    }


@contextmanager
def gunicorn(variables: Mapping[str, str], folder: Path) -> Iterator[int]:
    """The backend as `make demo` runs it, with two workers; its port."""
    port = free_port()
    command = [
        executable("gunicorn"), "--config", str(ROOT / "compose" / "backend" / "gunicorn.conf.py"),
        "--no-control-socket", "--workers", "2", "--bind", f"127.0.0.1:{port}", "sagui_backend.config.wsgi",
    ]  # fmt: skip
    with (folder / "gunicorn.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=variables, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait_until_ready(port, server, folder / "gunicorn.log")
        yield port
    finally:
        server.terminate()
        server.wait(timeout=60)


def _wait_until_ready(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    problem = b"it does not answer"
    while server.poll() is None and time.monotonic() < deadline:
        try:
            status, problem = get(
                http.client.HTTPConnection("127.0.0.1", port, timeout=10), "/api/health/ready"
            )
        except OSError:
            status = 0
        if status == 200:
            return
        time.sleep(0.2)
    last = "\n".join(log.read_text().splitlines()[-20:])
    raise SystemExit(f"The backend is not ready: {problem.decode()}\n{last}")


def get(connection: http.client.HTTPConnection, path: str) -> tuple[int, bytes]:
    """Status and body of one request."""
    connection.request("GET", path, headers={"Accept": "application/json"})
    answer = connection.getresponse()
    return answer.status, answer.read()


def statements(variables: Mapping[str, str]) -> dict[str, list[str]]:
    """What each endpoint executes, from a process of its own that answers once."""
    command = [sys.executable, "-m", "bench.api", "--statements"]
    done = subprocess.run(
        command, cwd=ROOT, env=dict(variables), check=True, stdout=subprocess.PIPE, text=True
    )
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


def print_statements() -> None:
    """Answer each endpoint once in this process and print its statements, parameters filled in."""
    import django  # noqa: PLC0415  this process only

    os.environ["DJANGO_SETTINGS_MODULE"] = "sagui_backend.config.settings"
    django.setup()
    from django.db import connection  # noqa: PLC0415  needs settings
    from django.test import Client  # noqa: PLC0415  needs settings
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415  needs settings

    found = {}
    client = Client()
    for path in TARGETS:
        client.get(path)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        found[path] = [query["sql"] for query in captured.captured_queries]
    print(json.dumps(found))


def timed(action: Callable[[], object], number: int) -> NDArray[np.float64]:
    """Milliseconds of each of some executions."""
    clock = [time.perf_counter()]
    for _ in range(number):
        action()
        clock.append(time.perf_counter())
    return np.diff(clock) * 1000


def replay(cursor: psycopg2.extensions.cursor, queries: Sequence[str]) -> None:
    """Send statements one by one and fetch what they return."""
    for query in queries:
        cursor.execute(query)
        if cursor.description:
            cursor.fetchall()


def measure(port: int, url: str, queries: Mapping[str, Sequence[str]], rounds: int, requests: int) -> int:
    """Measure, print; 1 when a target is missed."""
    web: dict[str, list[NDArray[np.float64]]] = {path: [] for path in TARGETS}
    bare: dict[str, list[NDArray[np.float64]]] = {path: [] for path in TARGETS}
    size = {}
    http_connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    database = psycopg2.connect(url, options="-c search_path=guyane,public")
    database.autocommit = True
    cursor = database.cursor()

    def ask(path: str) -> int:
        status, body = get(http_connection, path)
        assert status == 200, (path, body[:200])
        return len(body)

    for number in range(rounds):
        print(f"Round {number + 1} of {rounds}, load average {os.getloadavg()[0]:.1f} ...", flush=True)
        for path in TARGETS:
            size[path] = ask(path)
            timed(lambda path=path: ask(path), _WARM_UP)
            web[path].append(timed(lambda path=path: ask(path), requests))
            timed(lambda path=path: replay(cursor, queries[path]), _WARM_UP)
            bare[path].append(timed(lambda path=path: replay(cursor, queries[path]), requests))
    database.close()
    rows, missed = [], False
    for path, target in TARGETS.items():
        ours = min((np.percentile(times, [50, 95]) for times in web[path]), key=lambda pair: pair[1])
        sql = min((np.percentile(times, [50, 95]) for times in bare[path]), key=lambda pair: pair[1])
        missed = missed or bool(ours[1] > target)
        reads = sum(query.lstrip().upper().startswith(("SELECT", "--", "WITH")) for query in queries[path])
        rows.append(
            (
                path, f"{size[path] / 1000:.1f}", str(reads), f"{ours[0]:.1f}", f"{ours[1]:.1f}", f"{target:.0f}",
                f"{sql[0]:.1f}", f"{sql[1]:.1f}", f"{ours[0] / sql[0]:.1f} x", f"{ours[1] / sql[1]:.1f} x",
            )
        )  # fmt: skip
    heading = (
        "endpoint", "kB", "reads", "p50 ms", "p95 ms", "target", "SQL p50", "SQL p95", "p50 / SQL", "p95 / SQL",
    )  # fmt: skip
    print_table(heading, rows)
    return int(missed)


def main() -> int:
    """Prepare, measure, print; exit status 1 when a target is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cells", type=int, default=4500)
    parser.add_argument("--days", type=int, default=6 * 365 + 2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--statements", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.statements:
        print_statements()
        return 0
    with throwaway_cluster() as cluster, tempfile.TemporaryDirectory(prefix="sagui-bench-") as name:
        folder = Path(name)
        workdir = folder / "hyfaa"
        dates = np.datetime64("2019-01-01") + np.arange(arguments.days + 1)
        print(f"Preparing {arguments.cells:,} cells x {arguments.days:,} days ...", flush=True)
        write_files(workdir, dates, arguments.cells)
        write_rain_store(workdir / FORCING_ONMESH, dates, arguments.cells)
        write_forecast(workdir, dates[:-1], arguments.cells)
        prepare(cluster.url("pipelines"), cluster.url("owner"), workdir, dates, arguments.cells)
        add_stations(cluster, arguments.cells)
        variables = environment(cluster)
        queries = statements(variables)
        with gunicorn(variables, folder) as port:
            return measure(port, cluster.url("api"), queries, arguments.rounds, arguments.requests)


if __name__ == "__main__":
    sys.exit(main())
