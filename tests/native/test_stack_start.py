"""Starting: refused before anything runs, or stopped whole when one service fails."""

from __future__ import annotations

import fcntl
import socket
from pathlib import Path

import pytest

from tools.native import cli, services
from tools.native import stack as stack_module
from tools.native.errors import LaunchError
from tools.native.layout import Layout
from tools.native.processes import everyone
from tools.native.services import Service
from tools.native.stack import Stack
from tools.native.supervisor import Program


@pytest.fixture
def stack(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """A stack without real services; `made.services` may be replaced."""
    made = Stack(layout.state_dir, layout.port_offset, {"SAGUI_TILESERV": "stand-in"})
    monkeypatch.setattr(services, "check_installed", lambda: None)
    monkeypatch.setattr(type(made.cluster), "create", lambda _: None)
    return made


def _service(name: str, script: str, port: str = "", problem: str | None = None) -> Service:
    return Service(
        name.title(), Program(name, ["sh", "-c", script]), lambda _: lambda: problem, port, timeout_s=2
    )


def test_port_in_use_is_refused_before_anything_starts(stack: Stack) -> None:
    stack.__dict__["services"] = (_service("edge", "exec sleep 300", port="edge"),)
    with socket.create_server(("127.0.0.1", stack.layout.port("edge"))), pytest.raises(LaunchError) as raised:
        stack.up()
    assert f"Port {stack.layout.port('edge')}" in raised.value.fact
    assert "process" in raised.value.fact
    assert "SAGUI_PORT_OFFSET" in raised.value.remedy
    assert not stack.supervisor.is_running()


@pytest.mark.parametrize(
    ("script", "reason"),
    [("echo out of memory; exit 1", "out of memory"), ("exec sleep 300", "not ready after 2 s")],
)
def test_failed_start_stops_everything(stack: Stack, script: str, reason: str) -> None:
    stack.__dict__["services"] = (
        _service("first", "exec sleep 300"),
        _service("second", script, problem="not ready"),
        _service("third", "exec sleep 300"),
    )
    with pytest.raises(LaunchError, match="Second did not start") as raised:
        stack.up()
    assert reason in raised.value.fact
    assert "second.log" in raised.value.remedy
    assert not stack.supervisor.is_running()
    assert not [process for process in everyone() if _works_in(process.pid, stack.layout.state_dir)]
    assert not stack.layout.env_file.exists()


def _works_in(pid: int, folder: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").readlink().is_relative_to(folder)
    except OSError:
        return False


def test_up_twice_keeps_the_processes_and_down_removes_them(stack: Stack) -> None:
    stack.__dict__["services"] = (_service("only", "exec sleep 300"),)
    stack.up()
    pid = stack.supervisor.info("only")["pid"]
    stack.up()
    assert stack.supervisor.info("only")["pid"] == pid
    assert stack.down() == []
    assert stack.down() == []
    assert not stack.supervisor.is_running()


def test_env_file_tells_scripts_everything(stack: Stack) -> None:
    stack.__dict__["services"] = (_service("only", "exec sleep 300"),)
    stack.up()
    try:
        assert stack.layout.env_file.stat().st_mode & 0o777 == 0o600
        lines = dict(line.split("=", 1) for line in stack.layout.env_file.read_text().splitlines())
        assert lines["SAGUI_EDGE_URL"] == stack.layout.url("edge")
        assert lines["SAGUI_TILESERV_KIND"] == "stand-in"
        assert lines["SAGUI_ADMIN_PASSWORD"] == stack.passwords["admin_password"]
        assert "sagui_owner:" in lines["SAGUI_DATABASE_URL"]
        wanted = {
            "SAGUI_DAGSTER_URL",
            "SAGUI_BACKEND_URL",
            "SAGUI_TILESERV_URL",
            "SAGUI_ADMIN_USER",
            "DAGSTER_HOME",
        }
        assert wanted <= set(lines)
    finally:
        stack.down()


def test_web_process_knows_only_its_own_role(stack: Stack) -> None:
    text = str(stack.backend_environment)
    assert stack.passwords["api_password"] in text
    others = {value for name, value in stack.passwords.items() if name != "api_password"}
    assert not [value for value in others if value in text]


def test_only_one_launcher_at_a_time(stack: Stack) -> None:
    with (stack.layout.run / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(LaunchError, match="Another command"):
            stack.up()
        with pytest.raises(LaunchError, match="Another command"):
            stack.down()


def test_missing_programs_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(services, "POSTGRES_BIN", tmp_path)
    with pytest.raises(LaunchError, match="postgres") as raised:
        services.check_installed()
    assert "make setup" in raised.value.remedy


def test_commands_without_a_running_platform(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "STATE_DIR", tmp_path / "none")
    assert cli.main(["status"]) == 3
    assert "make demo" in capsys.readouterr().out
    assert cli.main(["down"]) == 0
    assert cli.main(["clean"]) == 0
    assert cli.main(["logs"]) == 1
    assert stack_module.facts_of(tmp_path / "none") == {}
