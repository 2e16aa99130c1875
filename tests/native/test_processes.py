"""Who listens, and which leftovers are ours to stop."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.native import processes


@pytest.fixture
def leader(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that leads its own group and has a child in it."""
    process = subprocess.Popen(["sh", "-c", "sleep 60 & wait"], cwd=tmp_path, start_new_session=True)
    yield process
    process.kill()
    process.wait()


def _note(path: Path, process: subprocess.Popen[bytes], shift: int = 0) -> Path:
    found = processes.find(process.pid)
    assert found
    path.write_text(f"{found.pid} {found.started + shift}\n")
    return path


def test_listener_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert f"process {os.getpid()}" in str(processes.listener(port))
        assert not processes.port_is_free(port)
    assert processes.port_is_free(port)
    assert processes.listener(port) is None


def test_leftover_group_is_stopped_whole(tmp_path: Path, leader: subprocess.Popen[bytes]) -> None:
    while len(members := [p for p in processes.everyone() if p.group == leader.pid]) < 2:
        pass
    pid_file = _note(tmp_path / "service.pid", leader)
    assert processes.stop_leftovers([pid_file], tmp_path) == ["service"]
    assert all(processes.find(member.pid) is None for member in members)
    assert not pid_file.exists()


def test_number_given_to_another_process_is_left_alone(
    tmp_path: Path, leader: subprocess.Popen[bytes]
) -> None:
    pid_file = _note(tmp_path / "service.pid", leader, shift=-1)
    assert processes.stop_leftovers([pid_file], tmp_path) == []
    assert leader.poll() is None


def test_orphaned_child_is_known_by_where_it_works(tmp_path: Path, leader: subprocess.Popen[bytes]) -> None:
    while len(members := [p for p in processes.everyone() if p.group == leader.pid]) < 2:
        pass
    child = next(member for member in members if member.pid != leader.pid)
    pid_file = _note(tmp_path / "service.pid", leader)
    text = pid_file.read_text()
    leader.kill()
    leader.wait()
    assert processes.stop_leftovers([pid_file], tmp_path / "elsewhere") == []
    still = processes.find(child.pid)
    assert still
    assert still.started == child.started
    pid_file.write_text(text)
    assert processes.stop_leftovers([pid_file], tmp_path) == ["service"]
    assert processes.find(child.pid) is None


def test_unreadable_note_is_ignored(tmp_path: Path) -> None:
    pid_file = tmp_path / "service.pid"
    pid_file.write_text("")
    assert processes.stop_leftovers([pid_file], tmp_path) == []


def test_runs_that_outlived_their_daemon_are_stopped_and_nothing_else(tmp_path: Path) -> None:
    inside, outside = tmp_path / "ours", tmp_path / "others"
    started = {}
    for name, folder, word in (
        ("run", inside, "execute_run"),
        ("service", inside, "grpc"),
        ("stranger", outside, "execute_run"),
    ):
        folder.mkdir(exist_ok=True)
        command = [sys.executable, "-c", "import time; time.sleep(600)", "api", word]
        started[name] = subprocess.Popen(command, cwd=folder)
    try:
        processes.stop_runs(inside)
        assert started["run"].wait(timeout=10) == -signal.SIGTERM
        assert started["service"].poll() is None
        assert started["stranger"].poll() is None
    finally:
        for process in started.values():
            process.kill()
            process.wait()
