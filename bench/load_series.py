"""The assimilated series into the database, three ways in one run: ours, row upserts, the best bare load.

    python -m bench.load_series [--cells 4500] [--days 2100] [--rounds 3]

ours             everything: reading the file, expected flow and anomaly, keys and indexes, import state, statistics
execute_values   psycopg2's upsert of ready-made rows into the same columns and key, on a sample of days (rows/s carried
                 over); in pages (rows per statement) of 50 days, and in psycopg2's default pages of 100 rows
bare             COPY BINARY of ready-made bytes into a plain table without index, then its unique index

The ways take turns; the best round of each counts, since other work on the machine only ever slows one down.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psycopg2
from psycopg2.extras import execute_values

from bench.harness import ROOT, peak_rss_mb, print_table, throwaway_cluster
from bench.synthetic import EPOCH, write_portal
from sagui_pipelines.flow.load import load_series
from sagui_pipelines.hyfaa.portal import Portal
from sagui_pipelines.hyfaa.solutions import Solution
from sagui_pipelines.postgis.engine import create_engine
from tools.native.cluster import Cluster

TABLE = "hyfaa_data_assimilated"
PAGE_DAYS = 50
TARGET_UPSERT, TARGET_BARE = 30, 0.5


def ours(url: str, path: Path) -> dict[str, float]:
    """Load the file; seconds, rows and peak memory [MB] of this process."""
    start = time.perf_counter()
    with Portal(path) as portal:
        report = load_series(create_engine(url), portal, Solution.ASSIMILATED)
    return {"s": time.perf_counter() - start, "rows": report.counts.inserted, "rss_mb": peak_rss_mb()}


def upsert_rows_per_s(cluster: Cluster, sample_days: int, page_rows: int) -> float:
    """Rate of `execute_values` into an empty table of the same columns and key, rows ready as Python tuples."""
    connection = psycopg2.connect(cluster.url("owner"))
    rows, seconds = 0, 0.0
    with connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT date FROM guyane.{TABLE} ORDER BY date DESC LIMIT {sample_days}")
        days = sorted(row[0] for row in cursor.fetchall())
        cursor.execute("DROP TABLE IF EXISTS guyane.upserted")
        cursor.execute(f"CREATE TABLE guyane.upserted (LIKE guyane.{TABLE}, PRIMARY KEY (cell_id, date))")
        cursor.execute(f"SELECT * FROM guyane.{TABLE} LIMIT 0")
        names = [column.name for column in cursor.description or ()]
    updates = ", ".join(f"{name} = excluded.{name}" for name in names[2:])
    statement = f"INSERT INTO guyane.upserted VALUES %s ON CONFLICT (cell_id, date) DO UPDATE SET {updates}"
    for start in range(0, len(days), PAGE_DAYS):
        with connection, connection.cursor() as cursor:
            page = (days[start : start + PAGE_DAYS],)
            cursor.execute(f"SELECT * FROM guyane.{TABLE} WHERE date = ANY (%s) ORDER BY date", page)
            batch = cursor.fetchall()
            before = time.perf_counter()
            execute_values(cursor, statement, batch, page_size=page_rows)
            connection.commit()
            seconds += time.perf_counter() - before
            rows += len(batch)
    connection.close()
    return rows / seconds


def dump(cluster: Cluster, encoded: Path) -> None:
    """Write the loaded rows as ready-made COPY BINARY bytes, day after day."""
    connection = psycopg2.connect(cluster.url("owner"))
    with connection, connection.cursor() as cursor, encoded.open("wb") as stream:
        cursor.copy_expert(
            f"COPY (SELECT * FROM guyane.{TABLE} ORDER BY date) TO STDOUT (FORMAT binary)", stream
        )
    connection.close()


def bare(cluster: Cluster, encoded: Path) -> tuple[float, float]:
    """Seconds of COPY BINARY without index, and of the unique index afterwards."""
    connection = psycopg2.connect(cluster.url("owner"))
    with connection, connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS guyane.bare; CREATE TABLE guyane.bare (LIKE guyane.{TABLE})")
    with connection, connection.cursor() as cursor, encoded.open("rb") as stream:
        start = time.perf_counter()
        cursor.copy_expert("COPY guyane.bare FROM STDIN (FORMAT binary)", stream, size=1 << 20)
        connection.commit()
        copied = time.perf_counter()
        cursor.execute("CREATE UNIQUE INDEX ON guyane.bare (cell_id, date)")
        connection.commit()
        indexed = time.perf_counter()
        cursor.execute("DROP TABLE guyane.bare")
    connection.close()
    return copied - start, indexed - copied


def empty(cluster: Cluster) -> None:
    """Forget everything that was loaded."""
    connection = psycopg2.connect(cluster.url("owner"))
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass",
            (f"guyane.{TABLE}",),
        )
        for (partition,) in cursor.fetchall():
            cursor.execute(f"DROP TABLE {partition}")
        cursor.execute("DELETE FROM guyane.sagui_importday; DELETE FROM guyane.sagui_importstate")
    connection.close()


def main() -> int:
    """Run all three, print rows/s and ratios; exit status 1 when a target is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cells", type=int, default=4500)
    parser.add_argument("--days", type=int, default=2100)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a server setting")
    parser.add_argument("--sample-days", type=int, default=2 * PAGE_DAYS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ours", nargs=2, metavar=("URL", "PORTAL"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.ours:
        print(json.dumps(ours(arguments.ours[0], Path(arguments.ours[1]))))
        return 0
    with (
        throwaway_cluster(arguments.set) as cluster,
        tempfile.TemporaryDirectory(prefix="sagui-bench-") as name,
    ):
        folder = Path(name)
        dates = np.datetime64("2019-01-01") + np.arange(arguments.days)
        print(f"Writing a portal file of {arguments.cells:,} cells x {arguments.days:,} days ...", flush=True)
        path = write_portal(
            folder / "portal.nc", dates, arguments.cells, added_jd=(dates - EPOCH).astype(float) + 0.25
        )
        command = [sys.executable, "-m", "bench.load_series", "--ours", cluster.url("pipelines"), str(path)]
        pages = {f"{PAGE_DAYS} days": PAGE_DAYS * arguments.cells, "100 rows": 100}
        loads, bares, upserts = [], [], dict.fromkeys(pages, 0.0)
        for number in range(arguments.rounds):
            print(f"Round {number + 1} of {arguments.rounds} ...", flush=True)
            empty(cluster)
            done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
            loads.append(json.loads(done.stdout))
            if number == 0:
                dump(cluster, folder / "rows.copy")
            for page, size in pages.items():
                upserts[page] = max(upserts[page], upsert_rows_per_s(cluster, arguments.sample_days, size))
            bares.append(bare(cluster, folder / "rows.copy"))
    mine = min(loads, key=lambda load: load["s"])
    copy_s, index_s = min(bares, key=sum)
    rate = mine["rows"] / mine["s"]
    best = mine["rows"] / (copy_s + index_s)
    print_table(
        ("way", "rows", "s", "rows/s", "ours is"),
        [
            ("ours, all included", f"{mine['rows']:,}", f"{mine['s']:.1f}", f"{rate:,.0f}", ""),
            *(
                (
                    f"execute_values upsert, pages of {page}",
                    f"{arguments.sample_days * arguments.cells:,}",
                    f"{arguments.sample_days * arguments.cells / upsert:.1f}",
                    f"{upsert:,.0f}",
                    f"{rate / upsert:.1f} x",
                )
                for page, upsert in upserts.items()
            ),
            (
                "bare COPY BINARY, no index",
                f"{mine['rows']:,}",
                f"{copy_s:.1f}",
                f"{mine['rows'] / copy_s:,.0f}",
                "",
            ),
            ("  + unique index", "", f"{index_s:.1f}", f"{best:,.0f}", f"{rate / best:.2f} x"),
        ],
    )
    print(f"peak memory of ours: {max(load['rss_mb'] for load in loads):.0f} MB")
    print(f"targets: {TARGET_UPSERT} x execute_values in pages of {PAGE_DAYS} days, {TARGET_BARE} x bare")
    return 0 if rate / upserts[f"{PAGE_DAYS} days"] >= TARGET_UPSERT and rate / best >= TARGET_BARE else 1


if __name__ == "__main__":
    sys.exit(main())
