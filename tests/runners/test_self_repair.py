"""Repair of what killed steps left: done when it is certain that nobody works there, and never else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sagui_pipelines.errors import SaguiError, SourceCorrupt, SourceNotReady
from sagui_pipelines.hyfaa.runner import Step
from sagui_pipelines.hyfaa.running import processes
from sagui_pipelines.hyfaa.running.layout import Layout
from sagui_pipelines.hyfaa.running.locks import held
from sagui_pipelines.hyfaa.running.plan import PLANS, Store, databases
from sagui_pipelines.hyfaa.running.process import ProcessExecutor
from sagui_pipelines.hyfaa.running.processes import marked
from sagui_pipelines.hyfaa.running.records import Status, read_record
from sagui_pipelines.hyfaa.step_errors import StepRefused, StoreBusy
from tests.runners.conftest import DAY, EXECUTING, TODAY, Place

MGB, MGB_POST, ASSIM = (
    Step.MGBSTANDARD_PROCESSING,
    Step.MGBSTANDARD_POSTPROCESSING,
    Step.ASSIMILATED_PROCESSING,
)
IN_PROCESS = pytest.mark.parametrize("executor", ["process"], indirect=True)

# step, store whose lock and row it trips over
TRIPS = [
    (Step.FORCING, Store.FORCING),
    (Step.ALTIMETRY, Store.ASSIMILATION),
    (MGB, Store.MGBSTANDARD_STATES),
    (MGB, Store.FORCING),
    (MGB_POST, Store.MGBSTANDARD_STATES),
    (Step.FORECAST, Store.FORCING),
]


def wait_until(condition: Callable[[], bool], within_s: float = 30.0) -> None:
    """Poll a condition."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.05)


@EXECUTING
@pytest.mark.parametrize(("step", "store"), TRIPS, ids=lambda value: value.value)
def test_stale_locks_and_half_added_rows_are_removed(place: Place, step: Step, store: Store) -> None:
    place.lock(store).write_bytes(b"copy")
    file = place.half_add(store) if store is not Store.ASSIMILATION else None
    report = place.run(step)
    assert any(str(databases(store)[-1].lock) in sentence for sentence in report.repairs)
    assert not place.lock(store).exists()
    if file is not None:
        assert "removed 1 row(s) half added" in " ".join(report.repairs)
        assert not file.exists()
        assert place.sql(place.path(store), "SELECT * FROM FILEINFO WHERE file_status = 'adding'") == []
    assert report.repairs == tuple(place.ear.said[: len(report.repairs)])


@IN_PROCESS
def test_rows_whose_file_never_came_are_removed_too(place: Place) -> None:
    place.half_add(Store.FORCING, with_file=False)
    assert place.run(Step.FORCING).repairs == (
        "removed 1 row(s) half added in databases/forcing_onmesh_db/database_manager.sql",
    )


@IN_PROCESS
def test_finished_rows_and_files_are_never_touched(place: Place) -> None:
    before = place.sql(place.path(Store.FORCING), "SELECT * FROM FILEINFO ORDER BY file_path")
    files = sorted(place.path(Store.FORCING).parent.glob("data_store/*"))
    place.lock(Store.FORCING).write_bytes(b"copy")
    place.half_add(Store.FORCING)
    place.run(MGB)
    assert place.sql(place.path(Store.FORCING), "SELECT * FROM FILEINFO ORDER BY file_path") == before
    assert sorted(place.path(Store.FORCING).parent.glob("data_store/*")) == files


@IN_PROCESS
def test_a_lock_of_a_step_at_work_is_waited_for_and_not_removed(place: Place) -> None:
    """Two runners in two processes: the second finds the first's lock and rows, and leaves them alone."""
    place.wish(forcing="hang")
    other = start_runner(place, Step.FORCING)
    try:
        wait_until(lambda: place.lock(Store.FORCING, 0).exists())
        with pytest.raises(StoreBusy, match="has been working on the forcing store"):
            place.with_options(wait_s=1.0).run(MGB)
        assert any("another step works on the forcing store" in line for line in place.ear.said)
        assert place.lock(Store.FORCING, 0).exists()
        assert place.sql(place.path(Store.FORCING, 0), "SELECT * FROM FILEINFO WHERE file_status = 'adding'")
        with pytest.raises(StoreBusy, match="another run has been working on forcing"):
            place.with_options(wait_s=1.0).run(Step.FORCING)
    finally:
        other.send_signal(signal.SIGINT)
        other.wait(timeout=20)
    place.wish()
    assert place.run(MGB).repairs == (
        "removed 1 row(s) half added in databases/forcing_grid_db/database_manager.sql",
    )


def start_runner(place: Place, step: Step) -> subprocess.Popen[bytes]:
    """Run a step with a runner in a process of its own."""
    code = (
        "import sys; from pathlib import Path\n"
        "from sagui_pipelines.hyfaa.runner import PlainTeller, Step\n"
        "from sagui_pipelines.hyfaa.running.guarded import ExecutingRunner\n"
        "from sagui_pipelines.hyfaa.running.options import RunOptions\n"
        "from sagui_pipelines.hyfaa.running.process import ProcessExecutor\n"
        "options = RunOptions(api_key_file=Path(sys.argv[1]) / 'key', stop_s=2.0, wait_s=20.0)\n"
        "runner = ExecutingRunner(Path(sys.argv[1]) / 'hyfaa', options, ProcessExecutor())\n"
        "runner.run(Step(sys.argv[2]), PlainTeller(print))\n"
    )
    return subprocess.Popen([sys.executable, "-c", code, str(place.folder), step.value])


@IN_PROCESS
@pytest.mark.parametrize("wish", ["hang", "orphans_stay"])
def test_a_killed_runner_leaves_nothing_that_stops_the_next(place: Place, wish: str) -> None:
    """SIGKILL for the runner: its step lives on and holds its stores; the next runner ends it and goes on."""
    place.next_day()
    place.run(Step.FORCING)
    place.wish(mgbstandard_processing="hang")
    other = start_runner(place, MGB)
    wait_until(lambda: "working" in (place.log_of(MGB) if other.poll() is None else "working"))
    other.kill()
    other.wait(timeout=20)
    assert marked(MGB, place.workdir), "the step outlives its runner"
    with held(Layout(place.workdir).store_lock(Store.MGBSTANDARD_STATES)) as flock:
        assert flock is None, "and holds its store"
    assert read_record(Layout(place.workdir), MGB).status is Status.RUNNING
    if wish == "hang":
        place.wish()
        report = place.run(MGB)
        assert any("of an abandoned mgbstandard_processing are ended" in line for line in place.ear.said)
        assert any("half added" in sentence for sentence in report.repairs)
        assert max(place.states()) == TODAY + DAY
    else:  # any conflicting step ends it as well, and refuses to publish what it left
        with pytest.raises(StepRefused, match=r"it began at .* and was killed"):
            place.run(MGB_POST)
    assert marked(MGB, place.workdir) == []


@IN_PROCESS
def test_steps_that_may_run_together_do(place: Place) -> None:
    """Processing of two solutions, altimetry's readers and the rain's: each starts while the other hangs."""
    place.wish(mgbstandard_processing="hang")
    other = start_runner(place, MGB)
    try:
        wait_until(lambda: list((place.workdir / "sagui_steps/logs").glob(f"{MGB.value}-*")) != [])
        wait_until(lambda: "working" in place.log_of(MGB))
        place.run(ASSIM)
        place.run(Step.ASSIMILATED_POSTPROCESSING)
        with pytest.raises(StoreBusy):
            place.with_options(wait_s=0.6).run(Step.FORECAST)
        assert other.poll() is None
    finally:
        other.send_signal(signal.SIGINT)
        other.wait(timeout=20)
    assert marked(MGB, place.workdir) == []


@IN_PROCESS
def test_a_waiting_step_goes_on_as_soon_as_the_other_ends(place: Place) -> None:
    layout = Layout(place.workdir)
    done: list[float] = []

    def run() -> None:
        place.run(MGB_POST)
        done.append(time.monotonic())

    with held(layout.store_lock(Store.MGBSTANDARD_STATES)) as flock:
        assert flock is not None
        thread = threading.Thread(target=run)
        thread.start()
        wait_until(lambda: any("waiting for it" in line for line in place.ear.said))
        assert done == []
    thread.join(timeout=30)
    assert len(done) == 1


@IN_PROCESS
def test_readers_share_a_store_and_a_writer_has_it_alone(place: Place) -> None:
    path = Layout(place.workdir).store_lock(Store.FORCING)
    with held(path, shared=True) as one, held(path, shared=True) as two, held(path) as writer:
        assert one is not None
        assert two is not None
        assert writer is None
    with held(path) as writer, held(path, shared=True) as reader:
        assert writer is not None
        assert reader is None


@IN_PROCESS
def test_a_step_started_by_hand_is_respected(place: Place) -> None:
    """HYFAA's program without the platform's mark, in the same folder: nothing is repaired, nothing starts."""
    place.wish(forcing="hang")
    environment = os.environ | {
        "hyfaa_workdir": str(place.workdir),
        "hyfaa_temp_dir": str(place.workdir / "temp"),
    }
    words = [
        "hyfaa_preprocessing_forcing.py",
        "--input_yaml_file",
        str(place.workdir / PLANS[MGB].configuration),
    ]
    stranger = subprocess.Popen(words, env=environment, cwd=place.workdir)
    try:
        wait_until(lambda: place.lock(Store.FORCING, 0).exists())
        for step in (Step.FORCING, MGB):
            with pytest.raises(
                StoreBusy, match=r"without the platform: hyfaa_preprocessing_forcing\.py \(process"
            ):
                place.run(step)
        assert place.lock(Store.FORCING, 0).exists()
    finally:
        stranger.send_signal(signal.SIGINT)
        stranger.wait(timeout=20)
    place.wish()
    place.run(MGB)


@IN_PROCESS
def test_hyfaa_at_work_in_another_folder_is_no_concern(place: Place, tmp_path: Path) -> None:
    program = tmp_path / "elsewhere" / "mgb_iph"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nwhile true; do sleep 0.1; done\n")
    program.chmod(0o755)
    stranger = subprocess.Popen([str(program)], cwd=program.parent)
    try:
        wait_until(lambda: processes.strangers(program.parent) != [])
        place.run(Step.FORCING)
    finally:
        stranger.kill()
        stranger.wait()


@IN_PROCESS
def test_from_inside_a_container_only_what_is_explained_or_quiet_is_repaired(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where processes of the machine are invisible, a young lock that no step of ours left is left to a person."""
    monkeypatch.setattr(processes, "sees_all_processes", lambda: False)
    lock = place.lock(Store.MGBSTANDARD_STATES)
    lock.write_bytes(b"copy")
    with pytest.raises(SourceNotReady, match="somebody wrote in this store 0 min ago"):
        place.run(MGB)
    assert lock.exists()

    long_ago = time.time() - 31 * 60
    for path in (lock, lock.parent, *lock.parent.rglob("*")):
        os.utime(path, (long_ago, long_ago))
    assert place.run(MGB).repairs

    place.wish(mgbstandard_processing="killed")
    with pytest.raises(SaguiError):
        place.run(MGB)
    assert lock.exists()
    place.wish()
    assert place.run(MGB).repairs, "the platform's own step left it"


@IN_PROCESS
@pytest.mark.parametrize(
    ("configuration", "counts"), [("/elsewhere/input.yaml", False), ("input.yaml", True)]
)
def test_a_program_whose_folder_cannot_be_seen_counts_unless_it_is_configured_elsewhere(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, configuration: str, counts: bool
) -> None:
    program = tmp_path / "bin" / "mgb_iph"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nwhile true; do sleep 0.1; done\n")
    program.chmod(0o755)
    stranger = subprocess.Popen([str(program), configuration], cwd=program.parent)
    readlink = Path.readlink

    def hidden(self: Path) -> Path:
        if self.name == "cwd" and self.parent.name == str(stranger.pid):
            raise PermissionError(13, "Permission denied", str(self))
        return readlink(self)

    monkeypatch.setattr(Path, "readlink", hidden)
    try:
        wait_until(lambda: b"mgb_iph" in Path(f"/proc/{stranger.pid}/cmdline").read_bytes())
        found = [process.pid for process in processes.strangers(place.workdir)]
        assert (stranger.pid in found) == counts
    finally:
        stranger.kill()
        stranger.wait()


@IN_PROCESS
def test_old_leftovers_go_and_young_ones_stay(place: Place) -> None:
    folder = place.workdir / "mgbstandard_solution_databases"
    now = datetime.now(UTC)
    stamps = {age: f"{now - timedelta(days=age):%Y%m%d%H%M%S}" for age in (1, 8)}
    old_science, young_science = (folder / f"post_processing_science.nc_old{stamps[age]}" for age in (8, 1))
    old_temporary, young_temporary = (
        place.workdir / "temp" / name for name in ("temphyfaamain_a", "temphyfaamain_b")
    )
    inner = place.workdir / "temp" / MGB.value / "temphyfaahacky_c"
    old_log = place.workdir / "sagui_steps/logs/forcing-old.log"
    for path in (old_temporary, young_temporary, inner):
        path.mkdir(parents=True)
        (path / "member.nc").write_bytes(b"x" * 1000)
    for path in (old_science, young_science, old_log):
        path.write_bytes(b"x" * 1000)
    week_ago = time.time() - 8 * 86_400
    for path in (
        old_temporary / "member.nc",
        old_temporary,
        inner / "member.nc",
        inner,
        old_log,
        young_science,
    ):
        os.utime(path, (week_ago, week_ago))
    report = place.run(Step.FORCING)
    assert [path.exists() for path in (old_science, old_temporary, inner, old_log)] == [False] * 4
    assert [path.exists() for path in (young_science, young_temporary)] == [True] * 2
    assert report.repairs == ("removed 4 leftover(s) older than 7 days, 0.0 MB",)


@IN_PROCESS
def test_a_damaged_catalogue_is_told_and_not_repaired(place: Place) -> None:
    path = place.path(Store.MGBSTANDARD_STATES)
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(SourceCorrupt, match="cannot be used as HYFAA's catalogue"):
        place.run(MGB)
    assert path.read_bytes() == b"no database" * 1000


@IN_PROCESS
def test_an_interrupted_run_ends_its_step_and_frees_its_stores(place: Place) -> None:
    place.wish(mgbstandard_processing="hang")
    other = start_runner(place, MGB)
    wait_until(lambda: bool(marked(MGB, place.workdir)) and "working" in place.log_of(MGB))
    other.send_signal(signal.SIGINT)
    assert other.wait(timeout=20) != 0
    assert marked(MGB, place.workdir) == []
    record = read_record(Layout(place.workdir), MGB)
    assert record.status is Status.FAILED
    assert record.error.startswith("KeyboardInterrupt")
    assert not place.lock(Store.MGBSTANDARD_STATES).exists()
    with held(Layout(place.workdir).store_lock(Store.MGBSTANDARD_STATES)) as flock:
        assert flock is not None


@IN_PROCESS
def test_a_record_that_cannot_be_read_is_told(place: Place) -> None:
    Layout(place.workdir).record(MGB).write_text("{")
    with pytest.raises(SourceCorrupt, match="cannot be read as the record of a step"):
        place.run(MGB_POST)


def test_ending_nothing_ends_nothing(tmp_path: Path) -> None:
    told: list[str] = []
    assert ProcessExecutor().end_remains(PLANS[MGB], tmp_path, 0.1, told.append) == 0
    assert told == []
