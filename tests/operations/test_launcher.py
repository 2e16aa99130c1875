"""Runs as processes: alive is seen, dead is seen, and a run can be asked to end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import dagster as dg
import pytest
from dagster._core.launcher import WorkerStatus

from sagui_pipelines.operations import launcher as launcher_module
from sagui_pipelines.operations.launcher import ProcessRunLauncher, processes_of

pytestmark = pytest.mark.postgis
_SLEEPER = "import time; time.sleep(600)"


@pytest.fixture
def run(instance: dg.DagsterInstance) -> dg.DagsterRun:
    """A run that Dagster believes to work."""
    started = dg.DagsterRun(job_name="rainfall", status=dg.DagsterRunStatus.STARTED)
    return instance.add_run(started)


@pytest.fixture
def worker(run: dg.DagsterRun) -> Iterator[subprocess.Popen[bytes]]:
    """A process whose command line names the run, as `dagster api execute_run` does."""
    command = [sys.executable, "-c", _SLEEPER, "api", "execute_run", f'{{"run_id": "{run.run_id}"}}']
    process = subprocess.Popen(command)
    yield process
    process.kill()
    process.wait()


def launcher_of(instance: dg.DagsterInstance) -> ProcessRunLauncher:
    """The launcher that the configuration names."""
    launcher = instance.run_launcher
    assert isinstance(launcher, ProcessRunLauncher)
    assert launcher.supports_check_run_worker_health
    assert launcher.supports_resume_run
    return launcher


def test_a_live_run_is_seen_and_a_killed_one_is_missed(
    instance: dg.DagsterInstance, run: dg.DagsterRun, worker: subprocess.Popen[bytes]
) -> None:
    launcher = launcher_of(instance)
    assert processes_of(run.run_id) == [worker.pid]
    assert launcher.check_run_worker_health(run).status is WorkerStatus.RUNNING
    # Not waited for: a dead child whose parent has not looked yet is dead all the same.
    os.kill(worker.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while processes_of(run.run_id):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert launcher.check_run_worker_health(run).status is WorkerStatus.NOT_FOUND


def test_terminating_sends_one_polite_signal(
    instance: dg.DagsterInstance, run: dg.DagsterRun, worker: subprocess.Popen[bytes]
) -> None:
    assert launcher_of(instance).terminate(run.run_id)
    assert worker.wait(timeout=10) == -signal.SIGTERM
    canceling = instance.get_run_by_id(run.run_id)
    assert canceling is not None
    assert canceling.status is dg.DagsterRunStatus.CANCELING


def test_a_run_of_another_container_is_ended_by_its_launcher(
    instance: dg.DagsterInstance, run: dg.DagsterRun
) -> None:
    launcher = launcher_of(instance)
    assert launcher.terminate(run.run_id)
    asked = instance.get_run_by_id(run.run_id)
    assert asked is not None
    assert asked.tags["sagui/terminate"] == "asked"
    command = [sys.executable, "-c", _SLEEPER, "api", "execute_run", run.run_id]
    launcher._start(run.run_id, command)
    launcher.join(30)
    deadline = time.monotonic() + 10
    while (instance.get_run_by_id(run.run_id) or run).tags.get("sagui/terminate") != "done":
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_process_that_dies_before_its_run_began_fails_the_run_at_once(
    instance: dg.DagsterInstance,
) -> None:
    run = instance.add_run(dg.DagsterRun(job_name="rainfall", status=dg.DagsterRunStatus.STARTING))
    launcher_of(instance)._start(run.run_id, [sys.executable, "-c", "raise SystemExit(3)"])
    deadline = time.monotonic() + 30
    while (instance.get_run_by_id(run.run_id) or run).status is not dg.DagsterRunStatus.FAILURE:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_finished_run_is_not_terminated(instance: dg.DagsterInstance) -> None:
    run = instance.add_run(dg.DagsterRun(job_name="rainfall", status=dg.DagsterRunStatus.SUCCESS))
    assert not launcher_of(instance).terminate(run.run_id)


@pytest.mark.parametrize(
    ("status", "ended"), [(dg.DagsterRunStatus.FAILURE, True), (dg.DagsterRunStatus.STARTED, False)]
)
def test_a_process_whose_run_was_given_up_is_ended(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, status: dg.DagsterRunStatus, ended: bool
) -> None:
    monkeypatch.setattr(launcher_module, "_LINGER_S", 0.0)
    run = instance.add_run(dg.DagsterRun(job_name="rainfall", status=status))
    launcher = launcher_of(instance)
    launcher._start(run.run_id, [sys.executable, "-c", _SLEEPER, "api", "execute_run", run.run_id])
    [pid] = processes_of(run.run_id)
    launcher._look_at_children()
    try:
        if ended:
            launcher.join(30)
        assert processes_of(run.run_id) == ([] if ended else [pid])
    finally:
        if not ended:
            os.kill(pid, signal.SIGKILL)
            launcher.join(30)
