"""Every way in which HYFAA was seen to fail: the error says what it was, and the next try goes well by itself."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sagui_pipelines.errors import SaguiError
from sagui_pipelines.hyfaa.portal import Portal
from sagui_pipelines.hyfaa.runner import Step
from sagui_pipelines.hyfaa.running.guarded import ExecutingRunner
from sagui_pipelines.hyfaa.running.layout import Layout
from sagui_pipelines.hyfaa.running.plan import PLANS, Kind, StepPlan, Store
from sagui_pipelines.hyfaa.running.processes import marked
from sagui_pipelines.hyfaa.running.records import Status, read_record
from sagui_pipelines.hyfaa.snapshot import current_snapshot, take_snapshot
from sagui_pipelines.hyfaa.solutions import Solution
from sagui_pipelines.hyfaa.step_errors import (
    AccessDenied,
    AltimetryUnavailable,
    EnsembleChanged,
    ModelFailed,
    PortalInUse,
    ProgramMissing,
    RainMissing,
    RainUnavailable,
    ScienceFileUnusable,
    StationMissing,
    StepFailed,
    StepIncomplete,
    StepKilled,
    StepRefused,
    StepTimedOut,
    StoreInconsistent,
)
from tests.runners.conftest import DAY, EXECUTING, KEY, TODAY, Place

pytestmark = EXECUTING

MGB, MGB_POST = Step.MGBSTANDARD_PROCESSING, Step.MGBSTANDARD_POSTPROCESSING

# step, how the stand-in misbehaves, error, words of its fact
FAILURES = [
    (Step.FORCING, "ftp", RainUnavailable, "the rain service cannot be reached"),
    (Step.FORCING, "adding", StoreInconsistent, "a row has no file (DATA_"),
    (Step.FORCING, "half", StepIncomplete, "was fetched and not brought to the cells"),
    (Step.FORCING, "no_space", StepFailed, "the disk is full"),
    (Step.ALTIMETRY, "station", StationMissing, "no file for the station R_DEMO"),
    (Step.ALTIMETRY, "unreachable", AltimetryUnavailable, "cannot be reached"),
    (Step.ALTIMETRY, "denied", AccessDenied, "refused the key"),
    (MGB, "exit0", StepIncomplete, "the newest state is"),
    (MGB, "short", StepIncomplete, "the newest state is"),
    (MGB, "model", ModelFailed, "Start+count exceeds dimension bound"),
    (MGB, "killed", StepKilled, "ended by SIGKILL"),
    (MGB, "orphans", StepFailed, "its workers poll for ever"),
    (MGB_POST, "exit0", StepIncomplete, "it is the one that was made at"),
    (MGB_POST, "truncated", StepIncomplete, "cannot be read as NetCDF-4"),
    (MGB_POST, "empty", StepIncomplete, "is empty (0 bytes)"),
    (MGB_POST, "unwritten", StepIncomplete, "is not written yet for 3 of"),
    (MGB_POST, "held", PortalInUse, "a reader holds the file open"),
    (Step.FORECAST, "exit0", StepIncomplete, "it is the one that was made at"),
    (Step.FORECAST, "no_years", StepIncomplete, "years_used is not there"),
    (Step.FORECAST, "model", ModelFailed, "the river model itself failed"),
]


@pytest.mark.parametrize(
    ("step", "wish", "kind", "words"), FAILURES, ids=lambda value: getattr(value, "value", None)
)
def test_a_failure_is_told_and_the_next_try_goes_well(
    place: Place, step: Step, wish: str, kind: type[SaguiError], words: str
) -> None:
    if step in (Step.FORCING, MGB):  # something to do
        place.next_day()
    if step is MGB:
        place.run(Step.FORCING)
    place.wish(**{step.value: wish})
    with pytest.raises(SaguiError) as caught:
        place.run(step)
    assert type(caught.value) is kind
    assert words in caught.value.fact
    assert caught.value.remedy.endswith(".")
    assert read_record(Layout(place.workdir), step).status is Status.FAILED
    assert marked(step, place.workdir) == []
    place.wish()
    place.run(step)
    record = read_record(Layout(place.workdir), step)
    assert record.status is Status.SUCCEEDED
    assert record.error == ""


@pytest.mark.parametrize("wish", ["exit0", "truncated", "empty", "unwritten", "held"])
def test_the_good_copy_outlives_every_damaged_portal(place: Place, wish: str) -> None:
    copies = place.folder / "copies"
    good = take_snapshot(place.workdir, Solution.MGBSTANDARD, copies)
    place.wish(mgbstandard_postprocessing=wish)
    with pytest.raises(SaguiError):
        place.run(MGB_POST)
    assert current_snapshot(copies, Solution.MGBSTANDARD) == good
    with good.open() as portal:
        assert portal.dates[-1].item() == TODAY
    place.wish()
    place.run(MGB_POST)
    assert take_snapshot(place.workdir, Solution.MGBSTANDARD, copies).last_date == TODAY


@pytest.mark.parametrize("wish", ["model", "short", "killed"])
def test_after_a_failed_processing_nothing_is_made_of_it(place: Place, wish: str) -> None:
    place.next_day()
    place.run(Step.FORCING)
    portal = place.workdir / PLANS[MGB_POST].portal
    before = portal.read_bytes()
    place.wish(mgbstandard_processing=wish)
    with pytest.raises(SaguiError):
        place.run(MGB)
    for step in (MGB_POST, Step.FORECAST):
        with pytest.raises(StepRefused, match="the last processing of mgbstandard did not succeed"):
            place.run(step)
    assert portal.read_bytes() == before
    place.wish()
    for step in (MGB, MGB_POST, Step.FORECAST):
        place.run(step)
    with Portal(Path(shutil.copy(portal, place.folder))) as new:
        assert new.dates[-1].item() == TODAY + DAY


def test_a_failing_altimetry_stops_only_who_needs_it(new_place: Place) -> None:
    new_place.run(Step.FORCING)
    new_place.wish(altimetry="unreachable")
    with pytest.raises(AltimetryUnavailable):
        new_place.run(Step.ALTIMETRY)
    assert not new_place.path(Store.ASSIMILATION).exists() or not new_place.sql(
        new_place.path(Store.ASSIMILATION), "SELECT * FROM FILEINFO"
    )
    for step in (MGB, MGB_POST, Step.FORECAST):
        new_place.run(step)
    assert max(new_place.states()) == TODAY


def test_the_model_finds_an_empty_database_of_observations(new_place: Place) -> None:
    new_place.run(Step.FORCING)
    new_place.path(Store.ASSIMILATION).unlink(missing_ok=True)
    report = new_place.run(MGB)
    assert any(
        "made an empty databases/assimilation_db/database.sql" in sentence for sentence in report.repairs
    )
    assert new_place.sql(new_place.path(Store.ASSIMILATION), "SELECT * FROM FILEINFO") == []


@pytest.mark.parametrize(
    ("step", "wish"), [(Step.FORCING, "hang"), (MGB, "hang"), (MGB_POST, "hang"), (MGB, "hang_deaf")]
)
def test_a_step_that_hangs_is_interrupted_in_time(place: Place, step: Step, wish: str) -> None:
    place.wish(**{step.value: wish})
    runner = place.runner
    assert isinstance(runner, ExecutingRunner)
    # Its time is over as soon as it is seen at work.
    clock: Callable[[], float] = lambda: 1e9 if "working" in place.ear.printed else 0.0  # noqa: E731
    impatient = replace(runner, executor=replace(runner.executor, clock=clock))  # type: ignore[type-var]
    with pytest.raises(StepTimedOut, match="did not end within"):
        impatient.run(step, place.ear)
    assert "working" in place.log_of(step)
    assert marked(step, place.workdir) == []
    store = PLANS[step].writes
    if PLANS[step].kind is not Kind.POSTPROCESSING:
        # SIGINT lets HYFAA remove its lock; a step that had to be killed leaves it.
        assert place.lock(store).exists() == (wish == "hang_deaf")
    place.wish()
    report = place.run(step)
    assert bool(report.repairs) == (PLANS[step].kind is not Kind.POSTPROCESSING)


def test_orphan_workers_are_ended_with_their_program(place: Place) -> None:
    place.wish(mgbstandard_processing="orphans")
    with pytest.raises(StepFailed, match="status 1"):
        place.run(MGB)
    assert marked(MGB, place.workdir) == []


def test_the_key_reaches_the_service_and_no_log(place: Place) -> None:
    place.wish(altimetry="secret")
    place.run(Step.ALTIMETRY)
    assert any("asking with apikey=***" in line for line in place.ear.printed)
    assert "apikey=***" in place.log_of(Step.ALTIMETRY)
    for path in (place.workdir / "sagui_steps" / "logs").iterdir():
        assert KEY not in path.read_text()
    assert not any(KEY in line for line in (*place.ear.said, *place.ear.printed))


def test_only_the_altimetry_step_is_given_the_key(place: Place) -> None:
    place.wish(forcing="secret")
    place.run(Step.FORCING)
    assert any("apikey=none" in line for line in place.ear.printed)


def test_without_a_key_the_service_is_not_asked(place: Place) -> None:
    with pytest.raises(AccessDenied, match="needs a key, and there is none"):
        place.with_options(api_key_file=None).run(Step.ALTIMETRY)
    assert place.ear.printed == []


def test_a_program_that_is_not_there(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = StepPlan(MGB, Kind.PROCESSING, "mgbstandard", "hyfaa_9.py", Store.MGBSTANDARD_STATES, ())
    monkeypatch.setitem(PLANS, MGB, missing)
    with pytest.raises(ProgramMissing) as caught:
        place.run(MGB)
    assert caught.value.source == "hyfaa_9.py"


def test_rain_with_a_gap_is_refused_before_the_window_is_destroyed(place: Place) -> None:
    before = place.states()
    place.sql(
        place.path(Store.FORCING),
        "DELETE FROM FILEINFO WHERE date_data BETWEEN '2026-02-01' AND '2026-03-10'",
    )
    place.sql(
        place.path(Store.FORCING),
        "INSERT INTO FILEINFO VALUES ('x.nc', 'rain', '2026-03-10T00:00:00.000', 'None', 'None', 'analysis', 'added', 'complete')",
    )
    with pytest.raises(RainMissing, match="has no rain for 2026-03-05 nor for the 10 days before it"):
        place.run(MGB)
    assert place.states() == before


def test_no_rain_at_all_is_refused(place: Place) -> None:
    before = place.states()
    place.sql(place.path(Store.FORCING), "DELETE FROM FILEINFO")
    with pytest.raises(RainMissing, match="holds no rain at all"):
        place.run(MGB)
    assert place.states() == before


@pytest.mark.parametrize("step", [Step.ASSIMILATED_PROCESSING, Step.ASSIMILATED_POSTPROCESSING])
def test_another_number_of_members_is_refused_before_anything_is_touched(place: Place, step: Step) -> None:
    before = place.states("assimilated")
    path = place.workdir / "config/input_assimilated_solution.yaml"
    path.write_text(path.read_text().replace("n_ensemble: 3", "n_ensemble: 2"))
    with pytest.raises(EnsembleChanged, match="asks for 2 member"):
        place.run(step)
    assert place.states("assimilated") == before


def test_too_little_rain_for_a_forecast_leaves_the_former_one(place: Place) -> None:
    forecast = place.workdir / PLANS[Step.FORECAST].portal
    before = forecast.read_bytes()
    place.sql(place.path(Store.FORCING), "DELETE FROM FILEINFO WHERE date_data < '2026-01-01'")
    with pytest.raises(RainMissing, match="less than a year before 2026-03-12"):
        place.run(Step.FORECAST)
    assert forecast.read_bytes() == before


def test_a_stub_of_a_science_file_costs_no_failed_try(place: Place) -> None:
    place.wish(mgbstandard_postprocessing="held")
    with pytest.raises(PortalInUse):
        place.run(MGB_POST)
    place.wish()
    report = place.run(MGB_POST)
    assert any("post_processing_science.nc, a stub of 240 bytes" in sentence for sentence in report.repairs)


def test_a_science_file_that_does_not_match_is_set_aside_by_hyfaa_itself(place: Place) -> None:
    place.wish(mgbstandard_postprocessing="mismatch")
    with pytest.raises(ScienceFileUnusable, match="the former science file lacks n_ensemble"):
        place.run(MGB_POST)
    folder = place.workdir / PLANS[MGB_POST].folder
    assert len(list(folder.glob("post_processing_science.nc_old*"))) == 1
    place.wish()
    place.run(MGB_POST)


def test_progress_is_told_now_and_then_and_every_line_is_kept(place: Place) -> None:
    place.next_day()
    place.run(Step.FORCING)
    report = place.run(MGB)
    assert (place.ear.told[0].done, place.ear.told[-1].done) == (1, place.ear.told[-1].total)
    assert {progress.unit for progress in place.ear.told} == {"day"}
    assert place.ear.told[-1].seconds_left == 0.0
    assert place.log_of(MGB).splitlines() == place.ear.printed[-len(place.log_of(MGB).splitlines()) :]
    assert report.facts["days_computed"] == place.ear.told[-1].total
    assert report.facts["newest_state"] == str(TODAY + DAY)
    assert "seconds_per_model_day" in report.facts


def test_each_step_has_a_current_directory_of_its_own(place: Place) -> None:
    (place.workdir / "sagui_steps/current/forcing/old").write_text("from a former run")
    place.run(Step.FORCING)
    current = place.workdir / "sagui_steps/current/forcing"
    assert (current / "fort.148").exists()
    assert not (current / "old").exists()
    assert not (place.workdir / "fort.148").exists()
    assert current.stat().st_dev == place.workdir.stat().st_dev


def test_the_number_of_processes_is_asked_for_in_a_copy_of_the_configuration(place: Place) -> None:
    original = place.workdir / "config/input_mgbstandard_solution.yaml"
    before = original.read_text()
    place.with_options(processes=7).run(MGB)
    copy = place.workdir / "sagui_steps/current/mgbstandard_processing/input_mgbstandard_solution.yaml"
    assert "nprocs: 7\n" in copy.read_text()
    assert original.read_text() == before
    assert copy.read_text().replace("nprocs: 7", "nprocs: 2") == before


def test_a_day_that_the_rain_service_lacks_is_no_failure(place: Place) -> None:
    facts = place.run(Step.FORCING).facts
    assert facts["rain_days_added"] == 0
    assert facts["newest_rain_day"] == str(TODAY - DAY)


def test_rain_from_a_folder_takes_the_place_of_the_service(place: Place, tmp_path: Path) -> None:
    place.next_day()
    folder = tmp_path / "gsmap"
    (folder / "202603").mkdir(parents=True)
    (folder / "202603" / "gauge.20260311.dat.gz").write_bytes(gzip.compress(bytes(17_280_000), 1))
    (place.workdir / "service.json").unlink()
    report = place.with_options(rain_dir=folder).run(Step.FORCING)
    assert report.facts["newest_rain_day"] == str(TODAY)


def test_a_step_without_altimetry_has_nothing_to_fetch(place: Place) -> None:
    path = place.workdir / "config/input_assimilated_solution.yaml"
    text = path.read_text()
    path.write_text(
        text.replace(
            "assimilation_sources: \n- ${hyfaa_workdir}/config/hysope_svs.yaml", "assimilation_sources: []"
        )
    )
    assert path.read_text() != text
    assert place.run(Step.ALTIMETRY).facts == {}
    assert place.ear.printed == []


@pytest.mark.parametrize("wrong", ["nowhere", "with 'quote'", "x" * 240])
def test_a_working_directory_that_cannot_be_one_is_refused(place: Place, wrong: str) -> None:
    folder = place.folder / wrong
    if wrong != "nowhere":
        folder.mkdir()
    runner = replace(place.runner, workdir=folder)  # type: ignore[type-var]
    with pytest.raises(SaguiError, match="SAGUI_HYFAA_WORKDIR"):
        runner.run(Step.FORCING, place.ear)
    assert not folder.exists() or list(folder.iterdir()) == []


@pytest.mark.parametrize("text", [None, "n_ensemble: [", "n_ensemble: 1\n"])
def test_a_configuration_that_is_none_is_refused(place: Place, text: str | None) -> None:
    path = place.workdir / PLANS[MGB].configuration
    path.unlink()
    if text is not None:
        path.write_text(text)
    with pytest.raises(SaguiError) as caught:
        place.run(MGB)
    assert caught.value.source == str(path)
