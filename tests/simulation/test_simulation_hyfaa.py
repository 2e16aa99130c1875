"""The simulated basin as a working directory of HYFAA: configuration and observations."""

from __future__ import annotations

import re
import shutil
import sqlite3
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import yaml

from sagui_pipelines.hyfaa.runner import PlainTeller, Step
from sagui_pipelines.hyfaa.running.configuration import read_configuration
from sagui_pipelines.hyfaa.running.plan import PLANS
from sagui_pipelines.hyfaa.step_errors import StepFailed
from sagui_pipelines.simulation.basin import Basin
from sagui_pipelines.simulation.hyfaa_config import write_configuration
from sagui_pipelines.simulation.model import Levels
from sagui_pipelines.simulation.runner import SimulatedRunner

SOLUTIONS = ("mgbstandard", "ensemblist", "assimilated")
START, UNTIL, CELLS, SEED = date(2022, 1, 1), date(2024, 6, 1), 60, 5
# Keys that HYFAA wants with a value, and keys that may be empty.
FILLED = [
    "init_conditions",
    "scheduler_time_step",
    "forecast_time_span",
    "n_ensemble",
    "operational_mode",
    "retreatment_time_span",
    "hydrological_states_database_directory",
    "activate_assimilation",
    "perturb_static_data",
    "forcing_source",
    "forcing_grid_database_directory",
    "forcing_onmesh_database_directory",
    "forcing_dates_dt_max",
    "rain_uncertainty",
    "assimilation_database_directory",
    "assim_params_file",
    "mgb",
    "model_min_time_step",
    "post_processing",
]
EMPTY = [
    "exec_time",
    "forcing_grid_geo_selection",
    "nprocs",
    "temporary_files_directory",
    "assimilation_sources",
]


@pytest.fixture(scope="module")
def workdir(made: Path) -> Path:
    """The basin's working directory of HYFAA."""
    return made / "hyfaa"


def load(path: Path) -> dict[str, object]:
    """A configuration file with `${NAME}` filled in, as HYFAA reads it."""
    names = {"hyfaa_workdir": "/w", "hyfaa_temp_dir": "/t"}
    return yaml.safe_load(re.sub(r"\$\{(\w+)\}", lambda match: names[match[1]], path.read_text()))


@pytest.mark.parametrize("solution", SOLUTIONS)
def test_input_files_hold_every_key_that_hyfaa_wants(workdir: Path, solution: str) -> None:
    content = load(workdir / f"config/input_{solution}_solution.yaml")
    assert {key for key in FILLED if content.get(key) is None} == set()
    assert set(EMPTY) <= content.keys()
    for key in (
        "scheduler_time_step",
        "retreatment_time_span",
        "forecast_time_span",
        "forcing_dates_dt_max",
        "model_min_time_step",
    ):
        assert float(content[key]) > 0.0
    assert content["forcing_source"] == "gsmap"
    assert content["exec_time"] is None
    assert content["init_conditions"] == {
        "time_start": f"{START}T00:00:00.000000",
        "hydrological_state_start": None,
    }
    assert content["mgb"]["static_data_file"] == "/w/input_data/static_data.nc"
    assert content["activate_assimilation"] is (solution == "assimilated")
    assert content["post_processing"]["variables"] == ["water_elevation_catchment", "streamflow_catchment"]
    assert content["perturb_static_data"]["activate"] is False
    assert {"activate", "folder_store", "varying_parameters", "type", "mode"} <= content[
        "perturb_static_data"
    ].keys()
    assert content["assimilation_sources"] == []


@pytest.mark.parametrize("solution", SOLUTIONS)
def test_paths_are_unquoted_so_that_hyfaa_fills_them_in(workdir: Path, solution: str) -> None:
    text = (workdir / f"config/input_{solution}_solution.yaml").read_text()
    lines = [line for line in text.splitlines() if "${" in line]
    assert len(lines) >= 10
    assert not any(quote in line for line in lines for quote in "\"'")


def test_every_cell_lies_inside_the_rain_grid(workdir: Path) -> None:
    box = load(workdir / "config/input_assimilated_solution.yaml")["forcing_grid_geo_selection"]
    with netCDF4.Dataset(workdir / "input_data/static_data.nc") as static:
        for name, low, high in (
            ("longitude_center", "lonmin", "lonmax"),
            ("latitude_center", "latmin", "latmax"),
        ):
            assert static[name][:].min() >= box[low]
            assert static[name][:].max() <= box[high]


def test_the_model_s_own_reader_can_read_its_template(workdir: Path) -> None:
    text = (workdir / "config/mgb_iph_model_input.yaml").read_text()
    assert not set(text) & set("\"'[]{}\t")
    content = yaml.safe_load(text)
    assert content["run_mode"] == 0
    assert content["hydrodynamic_module"] == 1
    for name in (
        "day",
        "month",
        "year",
        "hour",
        "nt",
        "dt",
        "static_data_file",
        "forcing_file",
        "output_directory",
    ):
        assert content[name] is None


def test_assimilation_and_stations(workdir: Path) -> None:
    assert load(workdir / "config/assimilation_parameters.yaml")["statvars"]["streamflow_catchment"] is True
    stations = load(workdir / "config/hysope_svs.yaml")
    assert stations
    for station in stations.values():
        assert {
            "coeff_A",
            "coeff_B",
            "coeff_Z0",
            "lat",
            "lon",
            "mesh_id",
            "ratio_uncertainty",
        } == station.keys()
        assert 1 <= station["mesh_id"] <= CELLS


def test_rating_curves_give_back_the_flow_of_a_level(made: Path) -> None:
    basin = Basin.load(made / "state/basin.npz")
    levels = Levels(basin)
    flow = np.linspace(1.0, 400.0, basin.cells)
    a, z0 = levels.rating(np.arange(basin.cells))
    assert a * (levels.level_m(flow, slice(None)) - z0) ** 2 == pytest.approx(flow)


def test_a_runner_can_read_the_configuration(workdir: Path) -> None:
    configuration = read_configuration(workdir, PLANS[Step.ASSIMILATED_PROCESSING])
    assert (configuration.members, configuration.time_start, configuration.stations) == (20, START, False)
    assert (configuration.retreatment_days, configuration.rain_reach_days) == (30.0, 10.0)


def test_an_operator_s_configuration_stays(copied: Path) -> None:
    path = copied / "hyfaa/config/input_mgbstandard_solution.yaml"
    path.write_text("mine: true\n")
    basin = Basin.load(copied / "state/basin.npz")
    write_configuration(copied / "hyfaa", basin, SEED, START)
    assert path.read_text() == "mine: true\n"


def rows(folder: Path) -> list[tuple[object, ...]]:
    """Observations of a basin."""
    with closing(sqlite3.connect(folder / "hyfaa/databases/assimilation_db/database.sql")) as connection:
        return connection.execute("SELECT * FROM FILEINFO ORDER BY date_data, sv_name").fetchall()


def test_observations_are_near_the_flow_and_belong_to_days_with_an_analysis(made: Path) -> None:
    found = rows(made)
    assert len(found) > 300
    with netCDF4.Dataset(made / "hyfaa/mgbstandard_solution_databases/post_processing_portal.nc") as portal:
        flow = portal["streamflow_catchment_mean"][:].filled()
        first = date(1950, 1, 1) + timedelta(days=float(portal["time"][0]))
    with netCDF4.Dataset(made / "hyfaa/assimilated_solution_databases/post_processing_portal.nc") as portal:
        analysed = portal["is_analysis"][:].filled()
    ratios, days = [], set()
    for cell, value, uncertainty, moment, *_ in found:
        day = date.fromisoformat(str(moment)[:10])
        days.add(day)
        row = (day - first).days
        assert analysed[row] == 1
        assert float(value) >= 0.0
        assert float(uncertainty) == pytest.approx(0.15 * float(value), abs=1e-3)
        if flow[row, cell - 1] > 1.0:
            ratios.append(float(value) / flow[row, cell - 1])
    assert max(days) <= UNTIL - timedelta(days=8)
    assert len(days) == analysed.sum()
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.02)
    assert np.std(ratios) == pytest.approx(0.05, abs=0.02)


def test_observations_grow_with_the_days_and_old_ones_stay(copied: Path, advance) -> None:
    before = rows(copied)
    advance(copied, UNTIL + timedelta(days=30))
    after = rows(copied)
    assert after[: len(before)] == before
    assert len(after) > len(before)
    advance(copied, UNTIL + timedelta(days=30))
    assert rows(copied) == after


def simulated(folder: Path, until: date = UNTIL) -> SimulatedRunner:
    """The runner of a basin."""
    return SimulatedRunner(folder, cells=CELLS, seed=SEED, start=START, until=until)


def test_a_step_brings_its_own_inputs_up_to_date(copied: Path) -> None:
    runner = simulated(copied, UNTIL + timedelta(days=9))
    assert runner.run(Step.ALTIMETRY, PlainTeller(print)).facts["simulated_until"] == "2024-06-10"
    portal = copied / "hyfaa/assimilated_solution_databases/post_processing_portal.nc"
    before = portal.read_bytes()
    runner.run(Step.MGBSTANDARD_POSTPROCESSING, PlainTeller(print))
    assert portal.read_bytes() == before
    runner.run(Step.ASSIMILATED_PROCESSING, PlainTeller(print))
    assert portal.read_bytes() != before


def test_a_step_fails_on_purpose_and_alone(copied: Path) -> None:
    (copied / "failures").mkdir()
    wish = copied / "failures" / "altimetry.fail"
    wish.write_text("satellites are asleep\n")
    with pytest.raises(StepFailed, match="satellites are asleep"):
        simulated(copied).run(Step.ALTIMETRY, PlainTeller(print))
    for step in set(Step) - {Step.ALTIMETRY}:
        simulated(copied).run(step, PlainTeller(print))
    wish.unlink()
    simulated(copied).run(Step.ALTIMETRY, PlainTeller(print))
    shutil.rmtree(copied / "failures")
