"""A small basin, made once, and a house on a copy of it for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from sagui_pipelines.resources import Inputs, Postgis, TileCache
from sagui_pipelines.settings import Runner
from sagui_pipelines.simulation.basin_run import simulate
from tests.conftest import Database
from tests.pipelines.house import CELLS, SEED, START, UNTIL, House


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated basin, never touched."""
    folder = tmp_path_factory.mktemp("basin") / "simulation"
    simulate(folder, cells=CELLS, seed=SEED, start=START, until=UNTIL, progress=print)
    return folder


@pytest.fixture
def house(pristine: Path, tmp_path: Path, database: Database) -> Iterator[House]:
    """A copy of the basin and an empty database."""
    basin = tmp_path / "simulation"
    shutil.copytree(pristine, basin)
    inputs = Inputs(
        state_dir=str(tmp_path),
        workdir=str(basin / "hyfaa"),
        geodata_dir=str(basin / "geodata"),
        stations_file=str(basin / "stations.xlsx"),
        reference_flow_file=str(basin / "reference_flow.csv"),
        refuse_unmatched=True,
        runner=Runner.NONE.value,
        cells=CELLS,
        seed=SEED,
        history_start=START.isoformat(),
    )
    resources = {"inputs": inputs, "postgis": Postgis(url=database.url()), "tile_cache": TileCache()}
    with dg.DagsterInstance.ephemeral() as instance:
        yield House(basin, inputs, database, instance, resources)
