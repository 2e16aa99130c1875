"""The watchdog as a program: once, again and again, killed, beside another one."""

from __future__ import annotations

import queue
import signal
import subprocess
import sys
import time
from email.message import EmailMessage
from pathlib import Path

import pytest

from sagui_pipelines.watchdog.__main__ import main
from tests.alarms.receivers import Inbox, environment_of, mail_server
from tests.conftest import ROOT, free_port

COMMAND = [sys.executable, "-m", "sagui_pipelines.watchdog"]


def environment(folder: Path, port: int | None = None) -> dict[str, str]:
    """A platform whose edge is silent, and whom to tell."""
    variables = {
        "SAGUI_STATE_DIR": str(folder),
        "SAGUI_EDGE_URL": f"http://127.0.0.1:{free_port()}",
        "SAGUI_WATCHDOG_PATIENCE_S": "0",
        "SAGUI_WATCHDOG_CALM_S": "0",
        "SAGUI_WATCHDOG_DISK_FREE_PERCENT": "0",
    }
    if port:
        variables |= {
            "SAGUI_ALARM_SMTP_HOST": "127.0.0.1",
            "SAGUI_ALARM_SMTP_PORT": str(port),
            "SAGUI_ALARM_SMTP_SECURITY": "none",
            "SAGUI_ALARM_MAIL_TO": "ops@example.org",
        }
    return environment_of(**variables)


def run(arguments: list[str], variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        [*COMMAND, *arguments], cwd=ROOT, env=variables, capture_output=True, text=True, timeout=120
    )


def test_for_cron_once_tells_and_remembers(tmp_path: Path) -> None:
    inbox = Inbox()
    with mail_server(inbox) as port:
        for _ in range(3):
            done = run(["--once"], environment(tmp_path, port))
            assert done.returncode == 1, done.stderr
            assert "Map tiles are not delivered" in done.stdout
    assert inbox.subjects() == ["[SAGUI] Problem: Map tiles are not delivered"]


def test_without_receivers_it_logs_and_writes_files(tmp_path: Path) -> None:
    done = run(["--once"], environment(tmp_path))
    assert "Map tiles are not delivered" in done.stdout
    [path] = (tmp_path / "alarms").glob("*.eml")
    assert "does not answer" in path.read_text()


def test_killed_between_sending_and_remembering(tmp_path: Path) -> None:
    inbox = Inbox()
    started: queue.Queue[subprocess.Popen[bytes]] = queue.Queue()

    def kill(_mail: EmailMessage) -> None:
        started.get(timeout=30).kill()

    inbox.on_mail = kill
    with mail_server(inbox) as port:
        variables = environment(tmp_path, port)
        watchdog = subprocess.Popen([*COMMAND, "--once"], cwd=ROOT, env=variables)
        started.put(watchdog)
        assert watchdog.wait(timeout=60) == -signal.SIGKILL
        inbox.on_mail = lambda _mail: None
        for _ in range(2):
            run(["--once"], variables)
    first, second = inbox.mails
    assert first["Message-ID"] == second["Message-ID"]


def test_two_at_the_same_time_tell_once(tmp_path: Path) -> None:
    inbox = Inbox()
    with mail_server(inbox) as port:
        variables = environment(tmp_path, port)
        both = [subprocess.Popen([*COMMAND, "--once"], cwd=ROOT, env=variables) for _ in range(2)]
        assert [one.wait(timeout=60) for one in both] == [1, 1]
    assert len(inbox.mails) == 1


def test_the_loop_looks_again_and_again_and_its_health_can_be_asked(tmp_path: Path) -> None:
    variables = environment(tmp_path) | {"SAGUI_WATCHDOG_INTERVAL_S": "1"}
    assert run(["--health"], variables).returncode == 1
    memory = tmp_path / "watchdog" / "memory.json"
    loop = subprocess.Popen(COMMAND, cwd=ROOT, env=variables, stdout=subprocess.DEVNULL)
    try:
        seen: set[str] = set()
        deadline = time.monotonic() + 60
        while len(seen) < 3:
            assert time.monotonic() < deadline, seen
            if memory.exists():
                seen.add(memory.read_text().partition("\n")[2].partition("\n")[0])
            time.sleep(0.2)
        assert run(["--health"], variables).returncode == 0
    finally:
        loop.terminate()
    assert loop.wait(timeout=30) == -signal.SIGTERM
    status = run(["--status"], variables)
    assert status.returncode == 1
    assert "Map tiles are not delivered" in status.stdout


@pytest.mark.parametrize(
    ("name", "value"), [("INTERVAL_S", "0"), ("SILENCE_S", "soon"), ("PING_URL", "ftp://x")]
)
def test_a_wrong_setting_is_named(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(f"SAGUI_WATCHDOG_{name}", value)
    assert main(["--status"]) == 1
    assert f"SAGUI_WATCHDOG_{name}" in capsys.readouterr().err
