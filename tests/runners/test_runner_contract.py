"""What every runner does, whoever computes: the same scenarios against all of them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from sagui_pipelines.errors import SourceShrunk
from sagui_pipelines.hyfaa.rain_store import RainStore
from sagui_pipelines.hyfaa.runner import NoRunner, PlainTeller, Step, StepReport
from sagui_pipelines.hyfaa.running.container import ContainerExecutor
from sagui_pipelines.hyfaa.running.guarded import ExecutingRunner
from sagui_pipelines.hyfaa.running.options import RunOptions
from sagui_pipelines.hyfaa.running.process import ProcessExecutor
from sagui_pipelines.hyfaa.snapshot import Snapshot, take_snapshot
from sagui_pipelines.hyfaa.solutions import FILES, FORCING_ONMESH, Solution
from sagui_pipelines.simulation.runner import SimulatedRunner
from tests.runners.conftest import (
    DAY,
    KEY,
    REWRITTEN,
    TODAY,
    Content,
    Place,
    container_options,
    set_clock,
)

SIMULATED_START = date(2025, 2, 1)
SERIES = [Solution.MGBSTANDARD, Solution.ASSIMILATED]


class Country(Place):
    """A place of any runner, and what must be done elsewhere so that a day passes."""

    def next_day(self) -> None:
        """A day passes; where files are delivered, somebody delivers them."""
        self.today += DAY
        if isinstance(self.runner, SimulatedRunner):
            self.runner = replace(self.runner, until=self.today)
            return
        set_clock(self.workdir, self.today)
        if isinstance(self.runner, NoRunner):
            other = ExecutingRunner(self.workdir, options(self.folder), ProcessExecutor())
            for step in Step:
                other.run(step, PlainTeller(print))

    def take(self) -> dict[Solution, Snapshot]:
        """Verified copies of what there is."""
        return {
            solution: take_snapshot(self.workdir, solution, self.folder / "copies") for solution in Solution
        }


@dataclass
class Lived:
    """A country that lived through a day: its files before and after, and after a repetition of every step.

    Attributes:
        country: the place.
        copies: verified copies before, after, and after the repetition.
        flows: days and flows of each portal at the same three times.
        reports: what each step reported.
        said: what each step said.
    """

    country: Country
    copies: list[dict[Solution, Snapshot]] = field(default_factory=list)
    flows: list[dict[Solution, dict[str, np.ndarray]]] = field(default_factory=list)
    reports: dict[Step, StepReport] = field(default_factory=dict)
    said: dict[Step, list[str]] = field(default_factory=dict)

    def note(self, content: Content) -> None:
        """Keep what there is now."""
        self.copies.append(self.country.take())
        self.flows.append(
            {solution: content(self.country.workdir / FILES[solution].portal) for solution in Solution}
        )


def options(folder: Path) -> RunOptions:
    """Short forecasts, driven by one year's rain."""
    key = folder / "key"
    key.write_text(KEY)
    return RunOptions(api_key_file=key, stop_s=2.0, wait_s=20.0, forecast_days=4, forecast_years=1)


@pytest.fixture(scope="module", params=["simulated", "none", "process", "docker"])
def country(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, on_path: None
) -> Country:
    """Each runner in turn, with files of TODAY in its working directory."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "simulated":
        basin = SimulatedRunner(folder / "basin", cells=60, seed=5, start=SIMULATED_START, until=TODAY)
        for step in Step:
            basin.run(step, PlainTeller(print))
        return Country(folder, folder / "basin" / "hyfaa", basin)
    workdir = folder / "hyfaa"
    shutil.copytree(request.getfixturevalue("run_workdir"), workdir)
    if request.param == "none":
        return Country(folder, workdir, NoRunner())
    executor = (
        ProcessExecutor()
        if request.param == "process"
        else ContainerExecutor(container_options(), base_url=request.getfixturevalue("engine").host)
    )
    return Country(folder, workdir, ExecutingRunner(workdir, options(folder), executor))


@pytest.fixture(scope="module")
def lived(country: Country, content: Content) -> Lived:
    """Each runner after a day, and after a repetition of it."""
    life = Lived(country)
    life.note(content)
    country.next_day()
    for step in Step:
        country.ear.said.clear()
        life.reports[step] = country.run(step)
        life.said[step] = list(country.ear.said)
    life.note(content)
    country.run_day()
    life.note(content)
    return life


@pytest.mark.parametrize("solution", SERIES)
def test_a_series_grows_by_the_day_that_passed(lived: Lived, solution: Solution) -> None:
    before, after = (copies[solution] for copies in lived.copies[:2])
    assert before.last_date == TODAY
    assert after.last_date == TODAY + DAY
    assert after.first_date == before.first_date
    assert after.n_cells == before.n_cells
    assert after.n_ensemble == before.n_ensemble
    assert (after.n_ensemble > 1) == (solution is Solution.ASSIMILATED)


def test_the_forecast_goes_on_where_the_series_ends(lived: Lived) -> None:
    forecast = lived.copies[1][Solution.FORECAST]
    assert forecast.first_date == TODAY + 2 * DAY
    asked = 10 if isinstance(lived.country.runner, SimulatedRunner) else 4
    assert forecast.n_time == asked
    assert lived.copies[0][Solution.FORECAST].version != forecast.version


def test_the_rain_store_holds_the_day_before(lived: Lived) -> None:
    catalogue = RainStore(lived.country.workdir / FORCING_ONMESH).catalogue()
    assert catalogue.files[-1].date == TODAY
    assert catalogue.problems == ()


@pytest.mark.parametrize("solution", SERIES)
def test_days_before_the_window_keep_their_values(lived: Lived, solution: Solution) -> None:
    before, after = (flows[solution]["streamflow_catchment_mean"] for flows in lived.flows[:2])
    window = 31 if isinstance(lived.country.runner, SimulatedRunner) else REWRITTEN + 1
    kept = len(before) - window
    assert kept > 0
    assert (before[:kept] == after[:kept]).all()


@pytest.mark.parametrize("solution", Solution)
def test_a_repetition_changes_no_date(lived: Lived, solution: Solution) -> None:
    after, again = (flows[solution] for flows in lived.flows[1:])
    assert (after["time"] == again["time"]).all()
    if solution is Solution.MGBSTANDARD:
        assert (after["streamflow_catchment_mean"] == again["streamflow_catchment_mean"]).all()


@pytest.mark.parametrize("step", Step)
def test_every_step_says_something_and_had_nothing_to_put_right(lived: Lived, step: Step) -> None:
    assert lived.said[step]
    assert lived.reports[step].repairs == ()


def test_nothing_but_the_runner_s_own_folder_is_new(lived: Lived) -> None:
    known = {"config", "databases", "input_data", "temp", "sagui_steps", "service.json", "key"}
    found = {
        path.name for path in lived.country.workdir.iterdir() if not path.name.endswith("_solution_databases")
    }
    assert found <= known


def test_a_portal_that_goes_back_is_refused_and_the_good_copy_stays(lived: Lived) -> None:
    good, former = lived.copies[2][Solution.MGBSTANDARD], lived.copies[0][Solution.MGBSTANDARD]
    portal = lived.country.workdir / FILES[Solution.MGBSTANDARD].portal
    content = portal.read_bytes()
    try:
        portal.write_bytes(former.path.read_bytes())
        with pytest.raises(SourceShrunk, match=f"ends on {TODAY}, and on {TODAY + DAY} before"):
            lived.country.take()
    finally:
        portal.write_bytes(content)
    assert good.path.exists()
    assert lived.country.take()[Solution.MGBSTANDARD].version == good.version


def test_geography_is_made_or_left_alone(lived: Lived) -> None:
    lived.country.runner.prepare_geodata(lived.country.ear.say)
    made = lived.country.folder / "basin" / "geodata" / "mini.shp"
    assert made.exists() == isinstance(lived.country.runner, SimulatedRunner)
