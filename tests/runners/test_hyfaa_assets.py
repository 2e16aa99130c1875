"""HYFAA's steps as assets: order, what a failure stops and what not, what people see, side by side in processes."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from sagui_pipelines import asset_kit
from sagui_pipelines.asset_kit import file_key
from sagui_pipelines.errors import SettingsInvalid
from sagui_pipelines.hyfaa import assets as hyfaa
from sagui_pipelines.hyfaa.execution import Execution
from sagui_pipelines.hyfaa.runner import Step
from sagui_pipelines.hyfaa.running.container import ContainerExecutor
from sagui_pipelines.hyfaa.running.layout import Layout
from sagui_pipelines.hyfaa.running.plan import PLANS
from sagui_pipelines.hyfaa.running.processes import marked
from sagui_pipelines.hyfaa.running.records import Status, read_record
from sagui_pipelines.hyfaa.snapshot import current_snapshot
from sagui_pipelines.hyfaa.solutions import Solution
from sagui_pipelines.resources import Inputs
from sagui_pipelines.settings import Runner, Settings, load_settings
from tests.runners.conftest import DAY, EXECUTABLES, KEY, ROOT, TODAY, Place
from tests.runners.test_self_repair import IN_PROCESS, wait_until

MGB = Step.MGBSTANDARD_PROCESSING
UPSTREAM = {
    "static_data": set(),
    "forcing_onmesh_db": {"static_data"},
    "assimilation_db": set(),
    "mgbstandard_states_db": {"forcing_onmesh_db"},
    "mgbstandard_portal": {"mgbstandard_states_db"},
    "forecast_portal": {"mgbstandard_states_db"},
    "assimilated_states_db": {"forcing_onmesh_db", "assimilation_db"},
    "assimilated_portal": {"assimilated_states_db"},
}
ENSEMBLIST = {
    "ensemblist_states_db": {"forcing_onmesh_db"},
    "ensemblist_portal": {"ensemblist_states_db"},
}


def inputs(place: Place, runner: Runner = Runner.PROCESS) -> Inputs:
    """The assets' resource for a place."""
    return Inputs(
        state_dir=str(place.folder / "state"),
        workdir=str(place.workdir),
        geodata_dir="",
        stations_file="",
        reference_flow_file="",
        refuse_unmatched=True,
        runner=runner.value,
        cells=60,
        seed=5,
        history_start="2025-02-01",
        execution=Execution(hyfaa_api_key_file=str(place.folder / "key"), hyfaa_stop_seconds=2.0),
    )


def materialize(
    place: Place, *, ensemblist: bool = False, runner: Runner = Runner.PROCESS
) -> dg.ExecuteInProcessResult:
    """Every asset of the room in one run."""
    assets = hyfaa.build_assets(ensemblist=ensemblist, delivered=False)
    return dg.materialize(assets, resources={"inputs": inputs(place, runner)}, raise_on_error=False)


def outcome(result: dg.ExecuteInProcessResult) -> tuple[set[str], set[str]]:
    """Names of assets made, and of assets whose step failed."""
    made = {
        event.asset_key.path[-1] for event in result.get_asset_materialization_events() if event.asset_key
    }
    failures = [event for event in result.all_events if event.event_type is dg.DagsterEventType.STEP_FAILURE]
    return made, {str(event.step_key).removeprefix("hyfaa__") for event in failures}


@pytest.mark.parametrize("ensemblist", [False, True])
def test_assets_depend_on_what_their_step_reads_and_on_nothing_else(ensemblist: bool) -> None:
    assets = hyfaa.build_assets(ensemblist=ensemblist, delivered=False)
    found = {
        asset.key.path[-1]: {dep.asset_key.path[-1] for spec in asset.specs for dep in spec.deps}
        for asset in assets
        if isinstance(asset, dg.AssetsDefinition)
    }
    assert found == UPSTREAM | (ENSEMBLIST if ensemblist else {})


def test_every_asset_has_a_pool_of_its_own() -> None:
    pools = [
        op.pool
        for asset in (*hyfaa.MODEL, *hyfaa.FORCING, *hyfaa.ALTIMETRY)
        for op in asset.node_def.iterate_op_defs()
    ]
    assert len(set(pools)) == len(pools) == 8
    assert all(str(pool).startswith("hyfaa_") for pool in pools)


def test_ensemblist_is_off_unless_asked_for() -> None:
    assert load_settings().hyfaa_ensemblist is False
    assert not any("ensemblist" in key.to_user_string() for key in hyfaa.ALL_KEYS)


def test_delivered_stores_are_seen_and_never_made() -> None:
    assets = hyfaa.build_assets(ensemblist=False, delivered=True)
    seen = {asset.key.path[-1] for asset in assets if isinstance(asset, dg.AssetSpec)}
    assert seen == {"assimilation_db", "mgbstandard_states_db", "assimilated_states_db"}
    assert len(assets) == len(UPSTREAM)
    deps = {dep.asset_key for asset in assets if isinstance(asset, dg.AssetSpec) for dep in asset.deps}
    assert deps == {file_key("forcing_onmesh_db"), file_key("assimilation_db")}


@IN_PROCESS
def test_a_good_night_makes_everything_and_says_what_it_did(place: Place) -> None:
    place.next_day()
    result = materialize(place)
    assert outcome(result) == (set(UPSTREAM), set())
    states = result.asset_materializations_for_node("hyfaa__mgbstandard_states_db")[0].metadata
    assert states["newest_state"].value == str(TODAY + DAY)
    assert Path(str(states["log"].value)).is_file()
    progress = [
        event for event in result.all_events if event.event_type is dg.DagsterEventType.ASSET_OBSERVATION
    ]
    assert {event.asset_key.path[-1] for event in progress if event.asset_key} >= {
        "mgbstandard_states_db",
        "forecast_portal",
    }
    percents = {
        event.asset_observation_data.asset_observation.metadata["progress_percent"].value
        for event in progress
    }
    assert 100.0 in percents
    assert all(0.0 < percent <= 100.0 for percent in percents)
    assert current_snapshot(place.folder / "state/snapshots", Solution.FORECAST).first_date == TODAY + 2 * DAY


@IN_PROCESS
def test_without_altimetry_only_the_assimilated_series_is_missing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asset_kit, "RETRY_WAIT_S", 0)
    place.wish(altimetry="unreachable")
    made, failed = outcome(materialize(place))
    assert failed == {"assimilation_db"}
    assert made == set(UPSTREAM) - failed - {"assimilated_states_db", "assimilated_portal"}


@IN_PROCESS
def test_after_a_failed_model_its_portal_and_forecast_are_not_made(place: Place) -> None:
    place.wish(mgbstandard_processing="model")
    made, failed = outcome(materialize(place))
    assert failed == {"mgbstandard_states_db"}
    assert made == set(UPSTREAM) - failed - {"mgbstandard_portal", "forecast_portal"}


@IN_PROCESS
def test_what_may_pass_is_tried_again_and_what_needs_a_person_is_not(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asset_kit, "RETRY_WAIT_S", 0)
    place.wish(altimetry="station", mgbstandard_processing="model")
    result = materialize(place)
    again = [e.step_key for e in result.all_events if e.event_type is dg.DagsterEventType.STEP_RESTARTED]
    assert again == ["hyfaa__assimilation_db"] * asset_kit.RETRIES
    told = {
        str(event.step_key): event.step_failure_data.user_failure_data
        for event in result.all_events
        if event.event_type is dg.DagsterEventType.STEP_FAILURE
    }
    model = told["hyfaa__mgbstandard_states_db"]
    assert model is not None
    assert str(model.description).startswith("ModelFailed: ")
    assert model.metadata["remedy"].value.startswith("Read the report")


@IN_PROCESS
def test_the_ensemble_without_altimetry_is_made_when_asked_for(place: Place) -> None:
    assert outcome(materialize(place, ensemblist=True)) == (set(UPSTREAM) | set(ENSEMBLIST), set())


@IN_PROCESS
def test_what_was_put_right_stands_on_the_asset_s_page(place: Place) -> None:
    place.lock(PLANS[MGB].writes).write_bytes(b"copy")
    result = materialize(place)
    states = result.asset_materializations_for_node("hyfaa__mgbstandard_states_db")[0].metadata
    assert "removed the lock mgbstandard_solution_databases" in str(states["put_right"].value)


@IN_PROCESS
def test_files_delivered_from_elsewhere_are_only_copied(place: Place) -> None:
    assert outcome(materialize(place, runner=Runner.NONE)) == (set(UPSTREAM), set())
    assert place.ear.printed == []


def test_settings_reach_the_runner(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {
        "RUNNER": "docker",
        "WORKDIR": str(tmp_path),
        "IMAGE": "hyfaa:5",
        "USER": "1000:1001",
        "CPUS": "1.5",
        "MEMORY_GB": "12",
        "NPROCS": "3",
        "MOUNTS": "/a:/b:ro,data:/c",
        "MODEL_TIMEOUT_MINUTES": "90",
        "FORECAST_DAYS": "5",
        "GSMAP_DIR": str(tmp_path / "rain"),
    }.items():
        monkeypatch.setenv(f"SAGUI_HYFAA_{name}", value)
    runner = Inputs.from_settings(load_settings()).model()
    executor = runner.executor
    assert isinstance(executor, ContainerExecutor)
    assert executor.options.image == "hyfaa:5"
    assert executor.options.mounts == ("/a:/b:ro", "data:/c")
    assert (executor.options.user, executor.options.cpus, executor.options.memory_gb) == (
        "1000:1001",
        1.5,
        12.0,
    )
    assert (runner.options.processes, runner.options.model_timeout_s, runner.options.forecast_days) == (
        3,
        5400.0,
        5,
    )
    assert runner.options.rain_dir == tmp_path / "rain"


@pytest.mark.parametrize(
    ("name", "value"),
    [("RUNNER", "slurm"), ("USER", "root"), ("MOUNTS", "relative"), ("CPUS", "-1"), ("FORECAST_DAYS", "0")],
)
def test_a_wrong_setting_names_its_variable(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"SAGUI_HYFAA_{name}", value)
    with pytest.raises(SettingsInvalid, match=f"SAGUI_HYFAA_{name}"):
        load_settings()


def test_defaults_of_the_resource_are_those_of_the_settings() -> None:
    assert Execution() == Execution.from_settings(Settings())


def test_jobs_with_the_model_run_in_processes_where_programs_run() -> None:
    assert hyfaa.executor_for(Runner.PROCESS).name == hyfaa.executor_for(Runner.DOCKER).name == "multiprocess"
    assert hyfaa.executor_for(Runner.SIMULATED) is hyfaa.executor_for(Runner.NONE) is dg.in_process_executor


def start_night(place: Place) -> subprocess.Popen[bytes]:
    """Run the whole night as Dagster's own command does: steps in processes, side by side."""
    home = place.folder / "dagster"
    home.mkdir()
    (home / "dagster.yaml").write_text(
        "telemetry: {enabled: false}\nconcurrency: {pools: {default_limit: 1}}\n"
    )
    environment = os.environ | {
        "DAGSTER_HOME": str(home),
        "SAGUI_HYFAA_RUNNER": "process",
        "SAGUI_HYFAA_WORKDIR": str(place.workdir),
        "SAGUI_HYFAA_API_KEY_FILE": str(place.folder / "key"),
        "SAGUI_HYFAA_STOP_SECONDS": "2",
        "SAGUI_STATE_DIR": str(place.folder / "state"),
        "PATH": f"{EXECUTABLES}:{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    command = [
        str(Path(sys.executable).with_name("dagster")),
        "job",
        "execute",
        "-m",
        "tests.runners.location",
        "-j",
        "night",
    ]
    with (place.folder / "night.log").open("wb") as log:
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)


@IN_PROCESS
def test_a_night_in_processes_runs_side_by_side_what_may_and_nothing_else(place: Place) -> None:
    place.next_day()
    # These wait for each other: were they not to run together, the night would fail.
    meetings = [(Step.FORCING, Step.ALTIMETRY), (MGB, Step.ASSIMILATED_PROCESSING)]
    place.wish(**{one.value: f"meet {other.value}" for pair in meetings for one, other in (pair, pair[::-1])})
    night = start_night(place)
    assert night.wait(timeout=240) == 0, (place.folder / "night.log").read_text()[-3000:]
    layout = Layout(place.workdir)
    records = {step: read_record(layout, step) for step in Step if "ensemblist" not in step.value}
    assert {record.status for record in records.values() if record} == {Status.SUCCEEDED}
    overlapping = {
        frozenset((one, other))
        for (one, first), (other, second) in itertools.combinations(records.items(), 2)
        if first.began < second.ended and second.began < first.ended
    }
    forbidden = {pair for pair in overlapping if PLANS[min(pair)].excludes(PLANS[max(pair)])}
    assert forbidden == set()
    assert {frozenset(pair) for pair in meetings} <= overlapping
    assert current_snapshot(place.folder / "state/snapshots", Solution.ASSIMILATED).last_date == TODAY + DAY


@IN_PROCESS
def test_a_night_that_is_terminated_leaves_no_process_and_no_lock(place: Place) -> None:
    place.wish(mgbstandard_processing="hang", altimetry="exit0")
    night = start_night(place)
    wait_until(lambda: bool(marked(MGB, place.workdir)) and "working" in place.log_of(MGB), within_s=120)
    night.send_signal(signal.SIGTERM)
    night.wait(timeout=90)
    wait_until(lambda: marked(MGB, place.workdir) == [], within_s=30)
    assert not place.lock(PLANS[MGB].writes).exists()
    assert read_record(Layout(place.workdir), MGB).status is Status.FAILED
    assert KEY not in (place.folder / "night.log").read_text()
    shutil.rmtree(place.folder / "dagster")
