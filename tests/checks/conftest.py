"""A small simulated basin that was loaded up to one night, and HYFAA's files of the next night to be damaged."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import sqlalchemy as sa

from sagui_pipelines.errors import SaguiError
from sagui_pipelines.flow.forecast import load_forecast
from sagui_pipelines.flow.load import load_series
from sagui_pipelines.flow.series import table_name
from sagui_pipelines.geography.load import load_geography
from sagui_pipelines.geography.read import read_geography
from sagui_pipelines.hyfaa.mesh import usable_mesh
from sagui_pipelines.hyfaa.rain_store import RainStore
from sagui_pipelines.hyfaa.snapshot import current_snapshot, take_snapshot
from sagui_pipelines.hyfaa.solutions import FILES, FORCING_ONMESH, Solution
from sagui_pipelines.postgis.engine import create_engine, transaction
from sagui_pipelines.rainfall.load import TABLE as RAIN
from sagui_pipelines.rainfall.load import load_rain
from sagui_pipelines.simulation.basin_run import simulate
from tests.conftest import Database, _create_database

CELLS, START, LOADED = 120, date(2023, 5, 1), date(2025, 8, 1)
TONIGHT = LOADED + timedelta(days=1)
SHOWN_DAYS = 45
TABLES = [*(table_name(solution) for solution in Solution), RAIN]
SERIES = (Solution.MGBSTANDARD, Solution.ASSIMILATED)


@dataclass
class Night:
    """HYFAA's files, the verified copies and the database of one platform.

    Attributes:
        workdir: HYFAA's working directory.
        snapshots: verified copies.
        engine: with the pipelines' role.
        database: for looking.
        errors: what was refused as a whole, by source.
        refused: days left out, by table.
        notes: what looked odd, by solution.
    """

    workdir: Path
    snapshots: Path
    engine: sa.Engine
    database: Database
    errors: dict[str, SaguiError] = field(default_factory=dict)
    refused: dict[str, dict[date, str]] = field(default_factory=dict)
    notes: dict[Solution, tuple[str, ...]] = field(default_factory=dict)

    def path(self, solution: Solution) -> Path:
        """HYFAA's portal file of a solution."""
        return self.workdir / FILES[solution].portal

    def portal(self, solution: Solution, change: Callable[[netCDF4.Dataset], None]) -> None:
        """Damage a portal file."""
        with netCDF4.Dataset(self.path(solution), "a") as dataset:
            dataset.set_auto_maskandscale(False)
            change(dataset)

    def run(self, days: int | None = None) -> None:
        """Copy, check and load everything, each source for itself, as the platform does in a night."""
        for solution in Solution:
            self._attempt(solution.value, lambda s=solution: self._series(s, days))
        self._attempt("rain", lambda: self._rain(days))

    def _attempt(self, name: str, work: Callable[[], None]) -> None:
        try:
            work()
        except SaguiError as error:
            self.errors[name] = error

    def _series(self, solution: Solution, days: int | None) -> None:
        snapshot = take_snapshot(self.workdir, solution, self.snapshots)
        self.notes[solution] = snapshot.notes
        with snapshot.open() as portal:
            if solution is Solution.FORECAST:
                with current_snapshot(self.snapshots, Solution.ASSIMILATED).open() as history:
                    load_forecast(self.engine, portal, history, Solution.ASSIMILATED)
                return
            wanted = None if days is None else portal.dates[-days:]
            report = load_series(self.engine, portal, solution, wanted)
            self.refused[table_name(solution)] = dict(report.refused)

    def _rain(self, days: int | None) -> None:
        mesh, _ = usable_mesh(self.workdir)
        wanted = None if days is None else np.datetime64(LOADED) - np.arange(days)
        report = load_rain(
            self.engine,
            RainStore(self.workdir / FORCING_ONMESH),
            wanted,
            area_km2=None if mesh is None else float(mesh.cell_km2.sum()),
        )
        self.refused[RAIN] = {day: error.fact for day, error in report.refused}

    def rows(self) -> dict[str, set[str]]:
        """Everything that readers see, as text."""
        return {
            table: {str(row) for (row,) in self.database.query(f"SELECT t::text FROM guyane.{table} AS t")}
            for table in TABLES
        }

    def dates(self, table: str) -> set[date]:
        """Days that have rows."""
        return {day for (day,) in self.database.query(f"SELECT DISTINCT date FROM guyane.{table}")}  # type: ignore[misc]


def _night(folder: Path, workdir: Path, database: Database) -> Night:
    return Night(workdir, folder / "snapshots", create_engine(database.url()), database)


@pytest.fixture(scope="session")
def basin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two working directories of one basin: `loaded` and, a day later, `tonight`."""
    folder = tmp_path_factory.mktemp("basin")
    for name, until in (("loaded", LOADED), ("tonight", TONIGHT)):
        simulate(folder / "simulation", cells=CELLS, seed=973, start=START, until=until, progress=print)
        shutil.copytree(folder / "simulation" / "hyfaa", folder / name)
        rain = folder / name / FORCING_ONMESH
        assert rain.is_dir()
    return folder


@pytest.fixture(scope="session")
def last_night(
    basin: Path, tmp_path_factory: pytest.TempPathFactory, postgis_cluster: object, migrated_template: str
) -> Night:
    """The platform as last night left it: geography and 45 days of every table."""
    folder = tmp_path_factory.mktemp("last-night")
    database = _create_database(postgis_cluster, migrated_template)  # type: ignore[arg-type]
    night = _night(folder, basin / "loaded", database)
    with transaction(night.engine) as connection:
        load_geography(connection, read_geography(basin / "simulation" / "geodata"))
    night.run(SHOWN_DAYS)
    assert night.errors == {}
    night.engine.dispose()
    return night


@dataclass(frozen=True)
class Good:
    """What readers may see: rows of last night and rows of an undamaged tonight."""

    before: dict[str, set[str]]
    after: dict[str, set[str]]


@pytest.fixture
def tonight(basin: Path, last_night: Night, tmp_path: Path, postgis_cluster: object) -> Iterator[Night]:
    """A copy of the platform and of tonight's files, to be damaged."""
    shutil.copytree(basin / "tonight", tmp_path / "hyfaa")
    shutil.copytree(last_night.snapshots, tmp_path / "snapshots")
    database = _create_database(postgis_cluster, last_night.database.name)  # type: ignore[arg-type]
    night = _night(tmp_path, tmp_path / "hyfaa", database)
    yield night
    night.engine.dispose()


@pytest.fixture(scope="session")
def good(
    basin: Path, last_night: Night, tmp_path_factory: pytest.TempPathFactory, postgis_cluster: object
) -> Good:
    """Rows before, and after a night without damage, which raises no alarm."""
    folder = tmp_path_factory.mktemp("good")
    shutil.copytree(last_night.snapshots, folder / "snapshots")
    database = _create_database(postgis_cluster, last_night.database.name)  # type: ignore[arg-type]
    night = _night(folder, basin / "tonight", database)
    before = night.rows()
    night.run()
    assert night.errors == {}
    assert not any(night.refused.values())
    assert not any(night.notes.values()), night.notes
    after = night.rows()
    night.engine.dispose()
    return Good(before, after)
