"""A small simulated basin, made once; tests that change it work on a copy."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from sagui_pipelines.simulation.basin_run import SimulationReport, simulate

CELLS, SEED = 60, 5
START, UNTIL = date(2022, 1, 1), date(2024, 6, 1)

Advance = Callable[..., SimulationReport]


@pytest.fixture(scope="session")
def advance() -> Advance:
    """Simulate the small basin in a folder up to a day."""

    def run(folder: Path, until: date = UNTIL, *, cells: int = CELLS, seed: int = SEED) -> SimulationReport:
        return simulate(folder, cells=cells, seed=seed, start=START, until=until, progress=lambda _line: None)

    return run


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory, advance: Advance) -> Path:
    """Folder of the small basin up to UNTIL; read only."""
    folder = tmp_path_factory.mktemp("simulation") / "basin"
    advance(folder)
    return folder


@pytest.fixture
def land(made: Path, tmp_path: Path) -> Path:
    """A folder with geography and stations of the small basin, without any period."""
    folder = tmp_path / "land"
    shutil.copytree(made / "geodata", folder / "geodata")
    for name in ("stations.xlsx", "reference_flow.csv", "state/basin.npz", "hyfaa/input_data/static_data.nc"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(made / name, folder / name)
    return folder


@pytest.fixture
def copied(made: Path, tmp_path: Path) -> Path:
    """A copy of the small basin's folder, free to be changed."""
    return Path(shutil.copytree(made, tmp_path / "basin"))
