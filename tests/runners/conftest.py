"""A small working directory of HYFAA, a day old; runners that run stand-ins for its programs on copies of it."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import sqlite3
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from sagui_pipelines.hyfaa.runner import HyfaaRunner, Progress, Step, StepReport
from sagui_pipelines.hyfaa.running.container import ContainerExecutor
from sagui_pipelines.hyfaa.running.executor import Executor
from sagui_pipelines.hyfaa.running.guarded import ExecutingRunner
from sagui_pipelines.hyfaa.running.options import ContainerOptions, RunOptions
from sagui_pipelines.hyfaa.running.plan import PLANS, Store, databases
from sagui_pipelines.hyfaa.running.process import ProcessExecutor
from sagui_pipelines.hyfaa.solutions import STATIC_DATA, Solution
from sagui_pipelines.simulation.basin import Basin
from sagui_pipelines.simulation.hyfaa_config import write_configuration
from sagui_pipelines.simulation.rain_files import RainFiles
from sagui_pipelines.simulation.static_data import write_static_data
from tools.docker_engine import Engine, docker_engine

ROOT = Path(__file__).resolve().parents[2]
EXECUTABLES = Path(__file__).parent / "executables"
IMAGE = f"sagui-test-hyfaa:{os.getpid()}"
TODAY = date(2026, 3, 11)
START = date(2026, 2, 24)
KEY = "k3y-0f-hydroweb"
CELLS = 12
DAY = timedelta(days=1)
REWRITTEN = 6


@dataclass
class Ear:
    """Hears everything that a runner tells.

    Attributes:
        said: sentences.
        printed: lines of HYFAA's programs.
        told: progress.
    """

    said: list[str] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)
    told: list[Progress] = field(default_factory=list)

    def say(self, line: str) -> None:
        """Keep a sentence."""
        self.said.append(line)

    def raw(self, line: str) -> None:
        """Keep a line."""
        self.printed.append(line)

    def progress(self, progress: Progress) -> None:
        """Keep a report of progress."""
        self.told.append(progress)


@dataclass
class Place:
    """A working directory and the runner at work there.

    Attributes:
        folder: parent of the working directory.
        workdir: HYFAA's working directory.
        runner: brings it up to date.
        ear: hears it.
        today: day of its clock.
    """

    folder: Path
    workdir: Path
    runner: HyfaaRunner
    ear: Ear = field(default_factory=Ear)
    today: date = TODAY

    def run(self, step: Step) -> StepReport:
        """Run a step."""
        return self.runner.run(step, self.ear)

    def run_day(self) -> dict[Step, StepReport]:
        """Every step in HYFAA's order."""
        return {step: self.run(step) for step in Step}

    def wish(self, **failures: str) -> None:
        """Ask steps for failures; without any, the stand-ins behave."""
        (self.workdir / "misbehave.json").write_text(json.dumps(failures))

    def next_day(self) -> None:
        """A day passes: the rain service has one day more."""
        self.today += DAY
        set_clock(self.workdir, self.today)

    def with_options(self, **changes: object) -> Place:
        """The same place with other options of the runner."""
        assert isinstance(self.runner, ExecutingRunner)
        options = replace(self.runner.options, **changes)  # type: ignore[arg-type]
        return replace(self, runner=replace(self.runner, options=options))

    def path(self, store: Store, number: int = -1) -> Path:
        """A catalogue of a store, the last by default."""
        return self.workdir / databases(store)[number].path

    def lock(self, store: Store, number: int = -1) -> Path:
        """HYFAA's lock of a catalogue."""
        return self.workdir / databases(store)[number].lock

    def sql(self, path: Path, statement: str, *values: object) -> list[tuple[object, ...]]:
        """Run one statement on a catalogue."""
        with closing(sqlite3.connect(path)) as connection, connection:
            return connection.execute(statement, values).fetchall()

    def states(self, solution: str = "mgbstandard") -> dict[date, str]:
        """Days with a control state, and when each was added."""
        rows = self.sql(
            self.path(Store(f"{solution}_states")),
            "SELECT date_data, date_added_to_db FROM FILEINFO WHERE type = 'control' AND file_status = 'added'",
        )
        return {date.fromisoformat(str(day)[:10]): str(added) for day, added in rows}

    def half_add(self, store: Store, *, with_file: bool = True) -> Path:
        """Leave a row half added, as a killed step does; returns its file."""
        [database] = databases(store)[-1:]
        path = self.workdir / database.path
        name = "DATA_20260301T000000000000_20260311T061500000000_0001.nc"
        kind = "control" if "states" in store.value else ""
        columns = [str(row[1]) for row in self.sql(path, "PRAGMA table_info(FILEINFO)")]
        values = {
            "file_path": name,
            "file_status": "adding",
            "date_data": "2026-03-01T00:00:00.000",
            "type": kind,
        }
        row = [values.get(column, "None") for column in columns]
        self.sql(path, f"INSERT INTO FILEINFO VALUES ({', '.join('?' * len(row))})", *row)
        file = path.parent / str(database.files).format(type=kind) / name
        if with_file:
            file.write_bytes(b"half")
        return file

    def log_of(self, step: Step) -> str:
        """What the newest execution of a step printed."""
        [*_, newest] = sorted((self.workdir / "sagui_steps/logs").glob(f"{step.value}-*.log"))
        return newest.read_text()


def set_clock(workdir: Path, today: date) -> None:
    """Let HYFAA's clock show the morning of a day, and the rain service have the day before."""
    for path in (workdir / "config").glob("input_*.yaml"):
        text = re.sub(
            r"^exec_time:.*$", f"exec_time: '{today}T06:00:00.000000'", path.read_text(), flags=re.M
        )
        path.write_text(text)
    (workdir / "service.json").write_text(json.dumps({"rain_until": str(today - DAY)}))


def small_basin() -> Basin:
    """Two rivers of six cells each."""
    number = np.arange(CELLS)
    river = number // 6
    return Basin(
        longitude=np.float32(-53.0 + 0.1 * number).astype(float),
        latitude=np.float32(4.0 + 0.1 * (number % 6)).astype(float),
        area_km2=np.full(CELLS, 90.0),
        drained_km2=90.0 * (number % 6 + 1),
        downstream=np.where(number % 6 == 5, -1, number + 1).astype(np.int32),
        river=(river + 1).astype(np.int32),
        order=(number % 6 + 1).astype(np.int32),
        sub=(river + 1).astype(np.int32),
        reach_km=np.full(CELLS, 12.0),
        slope_m_km=np.full(CELLS, 0.5),
        bank_m=60.0 - 2.0 * (number % 6),
        width_m=np.full(CELLS, 30.0),
        depth_m=np.full(CELLS, 2.0),
    )


def make_workdir(workdir: Path) -> None:
    """A working directory before its first run, with rain of earlier years in the store."""
    basin = small_basin()
    write_static_data(workdir / STATIC_DATA, basin)
    write_configuration(workdir, basin, 5, START, altimetry=True)
    for solution, members in (("ensemblist", 2), ("assimilated", 3)):
        path = workdir / f"config/input_{solution}_solution.yaml"
        path.write_text(re.sub(r"^n_ensemble:.*$", f"n_ensemble: {members}", path.read_text(), flags=re.M))
    for path in (workdir / "config").glob("input_*.yaml"):
        text = path.read_text().replace(
            "retreatment_time_span: 30.0", f"retreatment_time_span: {REWRITTEN}.0"
        )
        path.write_text(text)
    set_clock(workdir, TODAY)
    for store, database in zip(
        ("forcing_grid_db", "forcing_onmesh_db"), databases(Store.FORCING), strict=True
    ):
        rain = RainFiles(workdir / "databases" / store, 5)
        rain.create()
        for year in (2024, 2025):
            days = np.arange(f"{year}-03-01", f"{year}-03-27", dtype="datetime64[D]")
            rain.add(days, np.full((days.size, CELLS), 4.0, np.float32))
        assert (workdir / database.path).exists()


@pytest.fixture(scope="session")
def on_path() -> Iterator[None]:
    """The stand-ins are HYFAA's programs, for every test of this folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{EXECUTABLES}:{Path(sys.executable).parent}:{os.environ['PATH']}")
        yield


@pytest.fixture(scope="session")
def new_workdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working directory before its first run; never touched."""
    workdir = tmp_path_factory.mktemp("hyfaa") / "new"
    make_workdir(workdir)
    return workdir


@pytest.fixture(scope="session")
def run_workdir(new_workdir: Path, on_path: None) -> Path:
    """A working directory after one good day; never touched."""
    workdir = new_workdir.parent / "run"
    shutil.copytree(new_workdir, workdir)
    key = new_workdir.parent / "key"
    key.write_text(KEY)
    options = RunOptions(api_key_file=key, stop_s=2.0, wait_s=20.0)
    place = Place(workdir.parent, workdir, ExecutingRunner(workdir, options, ProcessExecutor()))
    place.run_day()
    return workdir


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """A Docker Engine with an image that holds next to nothing: programs and libraries come from mounts."""
    with docker_engine() as engine:
        client = engine.client()
        name, _, tag = IMAGE.partition(":")
        changes = [
            f"ENV PATH={_INSIDE}/tests/runners/executables:/opt/bin:/usr/bin:/bin",
            f"ENV PYTHONPATH=/opt/packages:{_INSIDE}",
        ]
        client.api.import_image_from_data(_empty_root(), repository=name, tag=tag, changes=changes)
        yield engine
        client.images.remove(IMAGE, force=True)
        client.close()


_INSIDE = "/opt/sagui"


def _empty_root() -> bytes:
    """A root that borrows the programs and libraries of this machine."""
    buffer = io.BytesIO()
    links = {name: f"usr/{name}" for name in ("bin", "sbin", "lib", "lib64")}
    links["opt/bin/python"] = str(Path(sys.executable).resolve())
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in ("usr", "tmp", "etc", "work", "opt", "opt/bin", "proc", "dev", "sys"):
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(entry)
        for name, target in links.items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            archive.addfile(entry)
    return buffer.getvalue()


def container_options(**changes: object) -> ContainerOptions:
    """Containers that see this machine's Python and the stand-ins, and no network."""
    packages = Path(np.__file__).resolve().parents[1]
    mounts = {Path("/usr"): "/usr", ROOT: _INSIDE, packages: "/opt/packages"}
    base = Path(sys.base_prefix).resolve()
    if Path("/usr") not in (base, *base.parents):
        mounts[base] = str(base)
    options = ContainerOptions(
        image=IMAGE,
        network="none",
        memory_gb=1.0,
        mounts=tuple(f"{source}:{target}:ro" for source, target in mounts.items()),
    )
    return replace(options, **changes)  # type: ignore[arg-type]


@pytest.fixture
def executor(request: pytest.FixtureRequest, on_path: None) -> Executor:
    """Runs the stand-ins, as `request.param` says."""
    if request.param == "process":
        return ProcessExecutor()
    engine: Engine = request.getfixturevalue("engine")
    return ContainerExecutor(container_options(), base_url=engine.host)


EXECUTING = pytest.mark.parametrize("executor", ["process", "docker"], indirect=True)


def _copy(source: Path, folder: Path, executor: Executor) -> Place:
    workdir = folder / "hyfaa"
    shutil.copytree(source, workdir)
    key = folder / "key"
    key.write_text(f"{KEY}\n")
    options = RunOptions(api_key_file=key, stop_s=2.0, wait_s=20.0)
    return Place(folder, workdir, ExecutingRunner(workdir, options, executor))


@pytest.fixture
def place(run_workdir: Path, tmp_path: Path, executor: Executor) -> Place:
    """A working directory after one good day."""
    return _copy(run_workdir, tmp_path, executor)


@pytest.fixture
def new_place(new_workdir: Path, tmp_path: Path, executor: Executor) -> Place:
    """A working directory before its first run."""
    return _copy(new_workdir, tmp_path, executor)


Content = Callable[[Path], dict[str, np.ndarray]]


@pytest.fixture(scope="session")
def content() -> Content:
    """Days and flows of a file."""

    def read(path: Path) -> dict[str, np.ndarray]:
        with netCDF4.Dataset(path) as file:
            return {name: file[name][:].filled() for name in ("time", "streamflow_catchment_mean")}

    return read


PORTALS = {
    Solution.MGBSTANDARD: PLANS[Step.MGBSTANDARD_POSTPROCESSING].portal,
    Solution.ASSIMILATED: PLANS[Step.ASSIMILATED_POSTPROCESSING].portal,
    Solution.FORECAST: PLANS[Step.FORECAST].portal,
}
