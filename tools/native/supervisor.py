"""supervisord over its Unix socket: start it, give it programs, ask for their state, stop everything."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport  # type: ignore[import-untyped]

from tools.native import processes
from tools.native.errors import LaunchError
from tools.native.layout import Layout
from tools.native.render import fingerprint, write_if_changed

# What a service may inherit from the shell that happened to start it first; all else is given explicitly.
_INHERITED = ("PATH", "HOME", "LANG", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@dataclass(frozen=True)
class Program:
    """One supervised program.

    Attributes:
        name: its name in the supervisor, log and status.
        command: command line.
        environment: variables given to it beyond the inherited few.
        depends_on: hash of the files whose change asks for a restart.
        stop_signal: signal that ends it cleanly.
        stop_wait_s: time it gets before it is killed.
        stop_group: send the stop signal to its child processes as well.
    """

    name: str
    command: Sequence[str]
    environment: dict[str, str] = field(default_factory=dict)
    depends_on: str = ""
    stop_signal: str = "TERM"
    stop_wait_s: int = 15
    stop_group: bool = False


class Supervisor:
    """The process supervisor of one stack."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._pid_file = layout.run / "supervisord.pid"
        self._config = layout.run / "supervisord.conf"

    @property
    def rpc(self) -> Any:
        """Supervisor's own remote procedures."""
        transport = SupervisorTransport("", "", f"unix://{self._layout.socket}")
        return xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport).supervisor

    def is_running(self) -> bool:
        """True when supervisord answers."""
        if not self._layout.socket.exists():
            return False
        try:
            return bool(self.rpc.getState()["statename"] == "RUNNING")
        except (OSError, xmlrpc.client.Error):
            return False

    def apply(self, programs: Sequence[Program]) -> list[str]:
        """Make supervisord know exactly these programs; a changed one is stopped, an unchanged one goes on.

        Returns:
            names of the programs that were stopped because their configuration changed or went away.
        """
        self._write(programs)
        if not self.is_running():
            stopped = self.stop()
            self._start()
            return stopped
        added, changed, removed = self.rpc.reloadConfig()[0]
        for name in (*removed, *changed):
            self.rpc.stopProcessGroup(name)
            self.rpc.removeProcessGroup(name)
        for name in (*added, *changed):
            self.rpc.addProcessGroup(name)
        return [*changed, *removed]

    def start(self, name: str) -> None:
        """Start a program unless it runs; does not wait."""
        if self.info(name)["statename"] not in ("RUNNING", "STARTING"):
            self.rpc.startProcess(name, False)

    def info(self, name: str) -> dict[str, Any]:
        """Supervisor's facts about a program: statename, pid, start, now, spawnerr."""
        return dict(self.rpc.getProcessInfo(name))

    def all_info(self) -> list[dict[str, Any]]:
        """Facts about every program, in order; empty when supervisord does not run."""
        return [dict(info) for info in self.rpc.getAllProcessInfo()] if self.is_running() else []

    def ended(self, name: str) -> str | None:
        """None while the program runs or starts, else what became of it."""
        info = self.info(name)
        if info["statename"] in ("RUNNING", "STARTING"):
            return None
        return info["spawnerr"] or f"it ended (exit status {info['exitstatus']})"

    def stop(self) -> list[str]:
        """Stop every program and supervisord itself, also what a killed supervisord left behind.

        Returns:
            names of the programs that had been left behind.
        """
        daemon = self._daemon()
        if daemon:
            if self.is_running():
                self.rpc.shutdown()
                processes.wait_for_end(daemon, timeout_s=90)
            processes.terminate(daemon)
        files = sorted((self._layout.run / "pids").glob("*.pid"))
        left = processes.stop_leftovers(files, self._layout.state_dir)
        processes.stop_runs(self._layout.run)
        self._layout.socket.unlink(missing_ok=True)
        self._pid_file.unlink(missing_ok=True)
        return left

    def _start(self) -> None:
        environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(self._config)]
        done = subprocess.run(
            command, env=environment, cwd=self._layout.run, capture_output=True, text=True, check=False
        )
        deadline = time.monotonic() + 15
        while not self.is_running():
            if done.returncode != 0 or time.monotonic() > deadline:
                raise LaunchError(
                    f"The process supervisor did not start: {(done.stderr or done.stdout).strip()[-500:]}",
                    f"Look into {self._layout.logs / 'supervisord.log'}, then run the command again.",
                )
            time.sleep(0.05)

    def _daemon(self) -> processes.Process | None:
        """The supervisord that is ours and alive, whether it answers or not."""
        try:
            pid = int(self._pid_file.read_text())
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return None
        return processes.find(pid) if os.fsencode(self._config) in command else None

    def _write(self, programs: Sequence[Program]) -> None:
        (self._layout.run / "pids").mkdir(exist_ok=True)
        sections = [self._head()]
        for priority, program in enumerate(programs, start=1):
            script = self._script(program)
            path = self._layout.run / f"{program.name}.sh"
            write_if_changed(path, script, mode=0o700)
            sections.append(self._section(program, priority, fingerprint(script, program.depends_on)))
        write_if_changed(self._config, "\n".join(sections), mode=0o600)

    def _script(self, program: Program) -> str:
        """Shell script that notes the process number, sets the environment and becomes the program."""
        pid_file = self._layout.run / "pids" / f"{program.name}.pid"
        exports = [
            f"export {name}={shlex.quote(value)}" for name, value in sorted(program.environment.items())
        ]
        lines = [
            "#!/bin/sh",
            f'echo "$$ $(cut -d" " -f22 /proc/$$/stat)" > {shlex.quote(str(pid_file))}',
            *exports,
            f"exec {shlex.join(program.command)}",
        ]
        return "\n".join(lines) + "\n"

    def _head(self) -> str:
        layout = self._layout
        user = "user=root" if os.getuid() == 0 else ""
        return f"""[unix_http_server]
file={_escape(layout.socket)}
chmod=0700

[supervisord]
logfile={_escape(layout.logs / "supervisord.log")}
logfile_maxbytes=5MB
logfile_backups=1
pidfile={_escape(self._pid_file)}
directory={_escape(layout.run)}
childlogdir={_escape(layout.logs)}
{user}

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""

    def _section(self, program: Program, priority: int, config: str) -> str:
        script = shlex.quote(str(self._layout.run / f"{program.name}.sh"))
        return f"""[program:{program.name}]
command=/bin/sh {_escape(script)}
environment=SAGUI_PROGRAM_CONFIG="{config}"
directory={_escape(self._layout.run)}
priority={priority}
autostart=false
autorestart=true
startsecs=1
startretries=5
stopsignal={program.stop_signal}
stopwaitsecs={program.stop_wait_s}
stopasgroup={str(program.stop_group).lower()}
killasgroup=true
redirect_stderr=true
stdout_logfile=../logs/{program.name}.log
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=3
"""


def _escape(value: object) -> str:
    return str(value).replace("%", "%%")
