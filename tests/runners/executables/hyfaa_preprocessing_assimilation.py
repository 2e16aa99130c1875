#!/usr/bin/env python
"""Stand-in for HYFAA's second step: observations of virtual stations into their database."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import standin
import yaml
from standin import catalogue, iso


def main() -> None:
    _, configuration = standin.arguments()
    if not configuration["assimilation_sources"]:
        return
    wish = standin.misbehaviour("altimetry")
    if wish == "denied" or os.environ.get(standin.KEY) is None:
        sys.exit("eodag.utils.exceptions.AuthenticationError: HTTP 401 unauthorized")
    if wish == "unreachable":
        raise RuntimeError("requests.exceptions.ConnectionError: Max retries exceeded with url /search")
    stations = yaml.safe_load(Path(configuration["assimilation_sources"][0]).read_text())
    database = Path(configuration["assimilation_database_directory"]) / "database.sql"
    now = standin.now_of(configuration)
    with catalogue(database, standin.OBSERVATIONS_TABLE, write=True) as connection:
        standin.linger(wish)
        if wish == "station":
            raise KeyError(next(iter(stations)))
        known = {row[0] for row in connection.execute("SELECT sv_name || date_data FROM FILEINFO")}
        rows = []
        for name, station in stations.items():
            moment = f"{iso(now)[:10]}T04:12:00.000"
            if name + moment not in known:
                rows.append((station["mesh_id"], 12.5, 1.9, moment, None, None, iso(now), name, None))
        connection.executemany("INSERT INTO FILEINFO VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    print(f"{len(rows)} points added, 0 removed")


if __name__ == "__main__":
    main()
