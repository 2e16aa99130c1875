"""The process supervisor with tiny programs."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tools.native import processes
from tools.native.layout import Layout
from tools.native.supervisor import Program, Supervisor

SLEEP = Program("sleeper", ["sleep", "300"])


def _eventually(fact: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 20
    while not fact():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _start(supervisor: Supervisor, name: str) -> int:
    supervisor.start(name)
    assert _eventually(lambda: supervisor.info(name)["statename"] == "RUNNING")
    return int(supervisor.info(name)["pid"])


def test_start_and_stop(supervisor: Supervisor) -> None:
    assert supervisor.all_info() == []
    supervisor.apply([SLEEP])
    assert supervisor.info("sleeper")["statename"] == "STOPPED"
    pid = _start(supervisor, "sleeper")
    assert supervisor.ended("sleeper") is None
    assert supervisor.stop() == []
    assert processes.find(pid) is None
    assert not supervisor.is_running()
    assert supervisor.stop() == []


def test_unchanged_goes_on_and_changed_restarts(supervisor: Supervisor) -> None:
    supervisor.apply([SLEEP, replace(SLEEP, name="other")])
    first, other = _start(supervisor, "sleeper"), _start(supervisor, "other")
    assert supervisor.apply([SLEEP, replace(SLEEP, name="other")]) == []
    assert _start(supervisor, "sleeper") == first

    assert supervisor.apply([SLEEP, replace(SLEEP, name="other", depends_on="new file")]) == ["other"]
    assert supervisor.info("sleeper")["pid"] == first
    assert _start(supervisor, "other") != other

    assert supervisor.apply([SLEEP]) == ["other"]
    assert [info["name"] for info in supervisor.all_info()] == ["sleeper"]


def test_nothing_is_orphaned_by_a_killed_supervisor(supervisor: Supervisor, layout: Layout) -> None:
    program = Program("parent", ["sh", "-c", "sleep 300 & wait"])
    supervisor.apply([program])
    pid = _start(supervisor, "parent")
    assert _eventually(lambda: sum(p.group == pid for p in processes.everyone()) == 2)
    os.kill(int((layout.run / "supervisord.pid").read_text()), signal.SIGKILL)
    assert _eventually(lambda: not supervisor.is_running())

    assert supervisor.stop() == ["parent"]
    assert not any(process.group == pid for process in processes.everyone())
    supervisor.apply([program])
    assert _start(supervisor, "parent") != pid


def test_a_crash_is_repaired(supervisor: Supervisor) -> None:
    supervisor.apply([SLEEP])
    pid = _start(supervisor, "sleeper")
    os.kill(pid, signal.SIGKILL)
    assert _eventually(lambda: supervisor.info("sleeper")["pid"] not in (0, pid))


def test_environment_and_log(supervisor: Supervisor, layout: Layout) -> None:
    awkward = "100% \"quoted\" 'twice' $HOME `x` \\ é"
    program = Program("printer", ["sh", "-c", 'echo "<$AWKWARD>"; exec sleep 300'], {"AWKWARD": awkward})
    supervisor.apply([program])
    _start(supervisor, "printer")
    log = layout.logs / "printer.log"
    assert _eventually(lambda: f"<{awkward}>" in log.read_text())
    assert (layout.run / "printer.sh").stat().st_mode & 0o777 == 0o700


def test_the_callers_variables_do_not_leak(supervisor: Supervisor, layout: Layout, monkeypatch) -> None:
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "leaked")
    supervisor.apply([Program("printer", ["sh", "-c", "env; exec sleep 300"])])
    _start(supervisor, "printer")
    log = layout.logs / "printer.log"
    assert _eventually(lambda: "PATH=" in log.read_text())
    assert "leaked" not in log.read_text()


def test_program_that_cannot_run_says_so(supervisor: Supervisor) -> None:
    supervisor.apply([Program("broken", ["sh", "-c", "echo no database >&2; exit 3"])])
    supervisor.start("broken")
    assert _eventually(lambda: supervisor.ended("broken") is not None)


def test_deep_folder_with_odd_name(tmp_path: Path) -> None:
    layout = Layout(tmp_path / ("deep 100% é " * 8) / ("deeper" * 10))
    layout.create()
    supervisor = Supervisor(layout)
    try:
        supervisor.apply([SLEEP])
        assert _start(supervisor, "sleeper") > 0
    finally:
        supervisor.stop()
        layout.socket.parent.rmdir()
