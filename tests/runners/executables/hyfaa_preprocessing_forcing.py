#!/usr/bin/env python
"""Stand-in for HYFAA's first step: rain from a service to a grid, then to the cells."""

from __future__ import annotations

import gzip
import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import standin
from standin import WORKDIR, add_rain, added_days, catalogue, file_name, iso, rain_of


def delivered(folder: str | None) -> date:
    """Newest day that the service, or a folder of its files, has."""
    if folder is None:
        return date.fromisoformat(json.loads((WORKDIR / "service.json").read_text())["rain_until"])
    names = [file.name for month in Path(folder).iterdir() for file in month.iterdir()]
    newest = max(name.split(".")[1] for name in names)
    [file] = [file for month in Path(folder).iterdir() for file in month.iterdir() if newest in file.name]
    assert len(gzip.decompress(file.read_bytes())) == 17_280_000
    return date.fromisoformat(newest)


def main() -> None:
    options, configuration = standin.arguments("--gsmap_folder_local")
    wish = standin.misbehaviour("forcing")
    longitude, _ = standin.cells()
    start = standin.start_of(configuration)
    grid, onmesh = (Path(configuration[f"forcing_{name}_database_directory"]) for name in ("grid", "onmesh"))
    with catalogue(grid / "database_manager.sql", standin.RAIN_TABLE, write=True) as connection:
        if wish in ("hang", "hang_deaf", "orphans", "killed"):
            row = (
                file_name(start, 1),
                "rain",
                iso(start),
                iso(start),
                "None",
                "analysis",
                "adding",
                "complete",
            )
            connection.execute("INSERT INTO FILEINFO VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
            connection.commit()
            standin.linger(wish)
        if wish == "ftp":
            raise RuntimeError("ftputil.error.FTPOSError: [Errno 111] Connection refused")
        if wish == "adding":
            row = (
                file_name(start, 1),
                "rain",
                iso(start),
                iso(start),
                "None",
                "analysis",
                "adding",
                "complete",
            )
            connection.execute("INSERT INTO FILEINFO VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
            connection.commit()
            raise FileNotFoundError(2, "No such file or directory", str(grid / "data_store" / row[0]))
        held = added_days(connection)
        until = min(delivered(options.gsmap_folder_local), standin.now_of(configuration).date())
        for number in range((until - start).days + 1):
            day = start + timedelta(days=number)
            if day not in held:
                size = {"nlat": np.arange(4), "nlon": np.arange(5)}
                add_rain(connection, grid, day, size, np.full((4, 5), rain_of(day, 1)[0]))
                print(f"added rain of {day}")
        wanted = sorted(added_days(connection))
    with catalogue(onmesh / "database_manager.sql", standin.RAIN_TABLE, write=True) as connection:
        held = added_days(connection)
        for day in wanted:
            if day not in held and wish != "half":
                add_rain(connection, onmesh, day, {"n_meshes": longitude}, rain_of(day, longitude.size))


if __name__ == "__main__":
    main()
