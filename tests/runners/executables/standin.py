"""What the stand-ins for HYFAA's programs share: its locks, its catalogues, its state files, and its ways to fail.

A stand-in computes an invented river with a few lines, but writes the true formats and behaves as the programs were
seen to behave. `misbehave.json` in the working directory asks a step for one of the observed failures, by its name.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import yaml

WORKDIR = Path(os.environ["hyfaa_workdir"])  # noqa: SIM112  (HYFAA's own name)
KEY = "EODAG__HYDROWEB_NEXT__AUTH__CREDENTIALS__APIKEY"
STAMP = "%Y%m%dT%H%M%S%f"
RAIN_TABLE = (
    "CREATE TABLE IF NOT EXISTS FILEINFO(file_path str, data_type str, date_data str, date_added_to_db str, "
    "date_created str, product_type str, file_status str, grid_status str)"
)
STATES_TABLE = (
    "CREATE TABLE IF NOT EXISTS FILEINFO(file_path str, file_status str, date_data str, date_added_to_db str, "
    "ensemble_size int, forcing_confidence_coefficient float, type str)"
)
OBSERVATIONS_TABLE = (
    "CREATE TABLE IF NOT EXISTS FILEINFO(mesh_id int, value float, uncertainty float, date_data str, lon float, "
    "lat float, date_added_to_db str, sv_name str, info str)"
)


def arguments(*extra: str) -> tuple[argparse.Namespace, dict[str, Any]]:
    """Command line and configuration, with `${NAME}` filled in."""
    parser = argparse.ArgumentParser()
    for name in ("--input_yaml_file", "--verbose", *extra):
        parser.add_argument(name)
    options = parser.parse_args()
    text = Path(options.input_yaml_file).read_text()
    filled = re.sub(r"\$\{(\w+)\}", lambda match: os.environ[match[1]], text)
    Path("fort.148").write_text("written by the model in the current directory\n")
    return options, yaml.safe_load(filled)


def now_of(configuration: dict[str, Any]) -> datetime:
    """Time of execution."""
    fixed = configuration["exec_time"]
    if fixed is None:
        return datetime.now(UTC).replace(tzinfo=None)
    return fixed if isinstance(fixed, datetime) else datetime.fromisoformat(fixed)


def local_now() -> datetime:
    """The machine's clock in its own zone, without saying so: what HYFAA writes as time of addition."""
    return datetime.now(UTC).astimezone().replace(tzinfo=None)


def start_of(configuration: dict[str, Any]) -> date:
    """First day of rain."""
    text = configuration["init_conditions"]["time_start"]
    return (text if isinstance(text, datetime) else datetime.fromisoformat(text)).date()


def cells() -> tuple[np.ndarray, np.ndarray]:
    """Longitude and latitude of the cells."""
    with netCDF4.Dataset(WORKDIR / "input_data/static_data.nc") as static:
        longitude, latitude = (static[f"{name}_center"][:].filled() for name in ("longitude", "latitude"))
    return longitude.astype(float), latitude.astype(float)


def rain_of(day: date, number: int) -> np.ndarray:
    """Rain of a day [mm], the same whenever it is asked for."""
    rng = np.random.default_rng(day.toordinal())
    return np.round(rng.gamma(0.6, 14.0, number), 2).astype(np.float32)


def misbehaviour(step: str) -> str:
    """Which failure a step is asked for; empty when none. Those that any step shows happen here."""
    path = WORKDIR / "misbehave.json"
    wish: str = (json.loads(path.read_text()) if path.exists() else {}).get(step, "")
    if wish == "exit0":
        print("nothing is done, and nothing is said of it")
        sys.exit(0)
    if wish == "secret":
        print(f"asking with apikey={os.environ.get(KEY, 'none')}", flush=True)
    if wish.startswith("meet "):
        _meet(step, wish.removeprefix("meet "))
        return ""
    if wish == "no_space":
        raise OSError(28, "No space left on device")
    if wish == "hungry":
        hoard = [np.ones(2**20) for _ in range(10_000)]
        print(len(hoard))
    return wish


def _meet(step: str, other: str) -> None:
    """Go on only once another step is at work at the same time."""
    (WORKDIR / "temp" / f"here_{step}").touch()
    deadline = time.monotonic() + 100
    while not (WORKDIR / "temp" / f"here_{other}").exists():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{other} did not run at the same time")
        time.sleep(0.05)


def linger(wish: str) -> None:
    """Never end: until SIGINT as HYFAA, or deaf to it, or with workers that outlive their program."""
    print("working", flush=True)
    if wish == "hang_deaf":
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    if wish in ("hang", "hang_deaf"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            time.sleep(0.05)
    if wish == "orphans":
        worker = (
            "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: time.sleep(0.05)"
        )
        for _ in range(2):
            subprocess.Popen([sys.executable, "-c", worker], close_fds=False)
        raise RuntimeError("the program gave up, its workers poll for ever")
    if wish == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
        os._exit(
            128 + signal.SIGKILL
        )  # the first process of a container cannot kill itself: as if the Engine had


@contextmanager
def catalogue(path: Path, table: str, *, write: bool) -> Iterator[sqlite3.Connection]:
    """A database as HYFAA's manager opens it: locked for writing, and stuck on rows half added."""
    lock = path.with_name(f"{path.name}_lock")
    if write:
        path.parent.mkdir(parents=True, exist_ok=True)
        if lock.exists():
            raise RuntimeError(f"database {path} is currently being modified by another program")
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(table)
        lock.write_bytes(path.read_bytes())
    elif not path.exists():
        raise RuntimeError(f"path {path.parent} does not exist")
    # Opening cleans rows half added first, and fails on the way as it was seen to fail.
    with closing(sqlite3.connect(path)) as connection:
        columns = {row[1] for row in connection.execute("PRAGMA table_info(FILEINFO)")}
        if "file_status" in columns:
            half = [
                row[0]
                for row in connection.execute("SELECT file_path FROM FILEINFO WHERE file_status = 'adding'")
            ]
            if half and "type" in columns:
                raise KeyError("type")
            for name in half:
                (path.parent / "data_store" / name).unlink()
            with connection:
                connection.execute("DELETE FROM FILEINFO WHERE file_status = 'adding'")
    try:
        with closing(sqlite3.connect(path)) as connection, connection:
            yield connection
    finally:
        if write:
            lock.unlink(missing_ok=True)


def file_name(day: date, number: int) -> str:
    """Name of a file of a store."""
    return f"DATA_{datetime.combine(day, datetime.min.time()):{STAMP}}_{local_now():{STAMP}}_{number % 9999:04d}.nc"


def iso(moment: datetime | date) -> str:
    """A date as catalogues hold it."""
    moment = moment if isinstance(moment, datetime) else datetime.combine(moment, datetime.min.time())
    return moment.isoformat(timespec="milliseconds")


def added_days(connection: sqlite3.Connection, where: str = "") -> dict[date, str]:
    """Days of a catalogue and their files."""
    rows = connection.execute(
        f"SELECT date_data, file_path FROM FILEINFO WHERE file_status = 'added' {where}"
    )
    return {date.fromisoformat(day[:10]): name for day, name in rows}


def add_rain(
    connection: sqlite3.Connection,
    folder: Path,
    day: date,
    dimensions: dict[str, np.ndarray],
    rain: np.ndarray,
) -> None:
    """Add a day to one of the rain stores."""
    (folder / "data_store").mkdir(exist_ok=True)
    name = file_name(day, day.toordinal())
    with netCDF4.Dataset(folder / "data_store" / name, "w") as out:
        for dimension, values in dimensions.items():
            out.createDimension(dimension, values.size)
        out.createVariable("rain", "f4", tuple(dimensions), zlib=True, complevel=4, shuffle=True)[:] = rain
    row = (name, "rain", iso(day), iso(local_now()), "None", "analysis", "added", "complete")
    connection.execute("INSERT INTO FILEINFO VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)


PER_CELL_F4 = (
    "water_baseflow_reservoir", "water_subsurface_reservoir", "water_surface_volume", "temperature",
    "runoff_generation", "last_rain_data_loaded",
)  # fmt: skip
PER_CELL_F8 = (
    "streamflow_catchment", "water_depth_catchment", "water_elevation_catchment", "previous_water_storage_catchment",
    "water_storage_catchment", "flooded_area_catchment", "streamflow_io_connections_catchment",
    "updated_flow_interconnections",
)  # fmt: skip
SOILS = 4


def write_state(path: Path, day: date, members: list[dict[str, np.ndarray]], *, single: bool = False) -> None:
    """A state file: every variable of every member, with the member's number unless it is alone."""
    number = members[0]["streamflow_catchment"].size
    path.parent.mkdir(parents=True, exist_ok=True)
    with netCDF4.Dataset(path, "w") as out:
        if not single:
            out.createDimension("n_ensemble", len(members))
        for name, size in (("n_meshes", number), ("n_meshes_add1", number + 1), ("n_hrus", SOILS)):
            out.createDimension(name, size)
        for k, member in enumerate(members):
            suffix = "" if single else f"_{k}"
            out.createDimension(f"n_flat_muskingum{suffix}", 2 * number)
            zero = np.zeros(number)
            for name in ("soil_moisture", "water_canopy_interception_volume"):
                out.createVariable(name + suffix, "f4", ("n_hrus", "n_meshes"))[:] = np.zeros((SOILS, number))
            for name in PER_CELL_F4:
                out.createVariable(name + suffix, "f4", ("n_meshes",))[:] = member.get(name, zero)
            for name in PER_CELL_F8:
                out.createVariable(name + suffix, "f8", ("n_meshes",))[:] = member.get(name, zero)
            for name in ("stretchs_muskingum_cunge_routing", "index_volume_level_catchment"):
                out.createVariable(name + suffix, "i4", ("n_meshes",))[:] = np.ones(number)
            out.createVariable("flow_entering_catchment" + suffix, "f4", ("n_meshes_add1",))[:] = np.zeros(
                number + 1
            )
            flat = f"n_flat_muskingum{suffix}"
            out.createVariable("initial_condition_muskingum_cunge_routing" + suffix, "f4", (flat,))[:] = 0.0
        out.date = iso(day)
        out.date_julianday = float((day - date(1950, 1, 1)).days)


def read_state(path: Path, members: int) -> list[dict[str, np.ndarray]]:
    """Flow and level of every member of a state file."""
    with netCDF4.Dataset(path) as state:
        return [
            {
                name: state[f"{name}_{k}"][:].filled()
                for name in ("streamflow_catchment", "water_elevation_catchment")
            }
            for k in range(members)
        ]


def next_state(before: np.ndarray, rain: np.ndarray) -> dict[str, np.ndarray]:
    """One day of the invented rivers: as much of the rain as they drain."""
    with netCDF4.Dataset(WORKDIR / "input_data/static_data.nc") as static:
        drained = static["total_drained_area"][:].filled()
    flow = 0.8 * before + 0.5 * rain.mean() * drained / drained.mean()
    return {
        "streamflow_catchment": flow,
        "water_depth_catchment": np.sqrt(flow),
        "water_elevation_catchment": 10.0 + np.sqrt(flow),
        "last_rain_data_loaded": rain,
    }


def best_rain(connection: sqlite3.Connection, folder: Path, day: date, reach: float) -> np.ndarray:
    """Rain of a day, or of the newest earlier day within reach."""
    held = added_days(connection)
    for back in range(int(reach) + 1):
        name = held.get(day - timedelta(days=back))
        if name:
            with netCDF4.Dataset(folder / "data_store" / name) as file:
                return file["rain"][:].filled().astype(float)
    raise RuntimeError("No data found in database for rain")


def fail_model(temporary: Path) -> None:
    """Fail as the model does: exit status 0 of the model, no output, a report."""
    report = [
        {
            "output": "STOP Stopped",
            "error": "NetCDF: Start+count exceeds dimension bound",
            "status": "failed",
            "exitcode": 0,
        }
    ]
    (temporary / "error_jobs_yaml.log").write_text(yaml.safe_dump(report))
    raise RuntimeError("MGB simulations failed")
