"""Runs as processes of their own on the daemon's machine: whoever dies, the run goes on, or is seen to be dead.

Dagster's default launcher makes runs children of the code server, cannot tell whether one is alive, and forgets all
of them when code server or database restart. Here a run is found in the kernel's list of processes by its identity
on the command line, so nothing has to be remembered.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import dagster as dg
import sqlalchemy as sa
from dagster._core.launcher import (
    CheckRunHealthResult,
    LaunchRunContext,
    ResumeRunContext,
    RunLauncher,
    WorkerStatus,
)
from dagster._grpc.types import ExecuteRunArgs, ResumeRunArgs
from dagster._serdes import ConfigurableClass, ConfigurableClassData

_log = logging.getLogger(__name__)

_PROC = Path("/proc")
_COMMANDS = (b"execute_run", b"resume_run")
# Set by a process that cannot see the run's process, for the launcher that started it.
_TERMINATE_TAG = "sagui/terminate"
_LISTEN_S = 2.0
# A run that has ended leaves its process some time to end as well.
_LINGER_S = 30.0


def processes_of(run_id: str) -> list[int]:
    """Numbers of the live processes that execute a run, as far as this machine or container sees them."""
    found = []
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            with suppress(OSError):  # it ended meanwhile
                words = (entry / "cmdline").read_bytes().split(b"\0")
                # A zombie has no command line.
                if any(word in _COMMANDS for word in words) and any(
                    run_id.encode() in word for word in words
                ):
                    found.append(int(entry.name))
    return found


def _signal(run_id: str) -> bool:
    """Send SIGTERM to the processes of a run; false when there is none."""
    processes = processes_of(run_id)
    for pid in processes:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    return bool(processes)


class ProcessRunLauncher(RunLauncher[dg.DagsterInstance], ConfigurableClass):
    """Starts every run as a process beside the daemon, in the daemon's process group.

    Args:
        inst_data: where it was configured.
    """

    def __init__(self, inst_data: ConfigurableClassData | None = None) -> None:
        self._inst_data = inst_data
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._lingering: dict[str, float] = {}
        self._listener: threading.Thread | None = None
        super().__init__()  # type: ignore[no-untyped-call]

    @property
    def inst_data(self) -> ConfigurableClassData | None:
        """Where it was configured."""
        return self._inst_data

    @classmethod
    def config_type(cls) -> Mapping[str, Any]:
        """It has no options."""
        return {}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData, config_value: Mapping[str, Any]
    ) -> ProcessRunLauncher:
        """Make one as `dagster.yaml` asks for."""
        return cls(inst_data, **config_value)

    def launch_run(self, context: LaunchRunContext) -> None:
        """Start the process of a new run."""
        run = context.dagster_run
        origin = run.job_code_origin
        assert origin is not None  # noqa: S101 - every run that came through a workspace has one
        self._start(
            run.run_id, ExecuteRunArgs(origin, run.run_id, self._instance.get_ref()).get_command_args()
        )

    @property
    def supports_resume_run(self) -> bool:
        """True: run monitoring may start the process of a run anew."""
        return True

    def resume_run(self, context: ResumeRunContext) -> None:
        """Start another process for a run whose process died."""
        run = context.dagster_run
        origin = run.job_code_origin
        assert origin is not None  # noqa: S101
        self._start(
            run.run_id, ResumeRunArgs(origin, run.run_id, self._instance.get_ref()).get_command_args()
        )

    def _start(self, run_id: str, command: Sequence[str]) -> None:
        self._children[run_id] = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603
        if self._listener is None or not self._listener.is_alive():
            self._listener = threading.Thread(target=self._listen, name="run-listener", daemon=True)
            self._listener.start()

    def _listen(self) -> None:
        """While runs work: see which ended, and pass on what others want to be ended."""
        while self._children and self.has_instance:
            time.sleep(_LISTEN_S)
            try:
                self._look_at_children()
                self._pass_on_terminations()
            except dg.DagsterInvariantViolationError:
                # The instance was closed: there is nobody left to tell.
                return
            except (sa.exc.DBAPIError, dg.DagsterError):
                # The database is away; it is asked again.
                _log.warning("runs cannot be looked up", exc_info=True)

    def _look_at_children(self) -> None:
        for run_id, child in list(self._children.items()):
            run = self._instance.get_run_by_id(run_id)
            if child.poll() is None:
                if run is None or run.is_finished:
                    self._let_go(run_id, child)
                continue
            # Run monitoring looks after runs that began; one that did not even begin would have to wait for a timeout.
            if run is not None and run.status is dg.DagsterRunStatus.STARTING:
                told = f"The process of the run ended with status {child.returncode} before the run began."
                self._instance.report_run_failed(run, told)
            del self._children[run_id]
            self._lingering.pop(run_id, None)

    def _let_go(self, run_id: str, child: subprocess.Popen[bytes]) -> None:
        """End a process that works for nothing: on a starved machine the run may have been given up before it began."""
        since = self._lingering.setdefault(run_id, time.monotonic())
        if time.monotonic() - since >= _LINGER_S:
            child.terminate()

    def _pass_on_terminations(self) -> None:
        asked = dg.RunsFilter(statuses=[dg.DagsterRunStatus.CANCELING], tags={_TERMINATE_TAG: "asked"})
        for run in self._instance.get_runs(asked):
            if _signal(run.run_id):
                self._instance.add_run_tags(run.run_id, {_TERMINATE_TAG: "done"})

    def terminate(self, run_id: str) -> bool:
        """Ask a run to end; it interrupts its step and says so itself.

        Where the run's process cannot be seen, as from another container, the launcher that started it is asked.

        Returns:
            False when the run has ended.
        """
        run = self._instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            return False
        self._instance.report_run_canceling(run)
        if not _signal(run_id):
            self._instance.add_run_tags(run_id, {_TERMINATE_TAG: "asked"})
        return True

    @property
    def supports_check_run_worker_health(self) -> bool:
        """True: run monitoring finds dead runs."""
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """Whether the run's process is alive."""
        if processes_of(run.run_id):
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(WorkerStatus.NOT_FOUND, "The process of the run is gone.")

    def join(self, timeout: int = 30) -> None:
        """Wait for the runs that this launcher started."""
        for child in list(self._children.values()):
            child.wait(timeout)
