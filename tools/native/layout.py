"""Where everything lives on disk and which port belongs to whom."""

from __future__ import annotations

import hashlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from tools.native.errors import LaunchError

ROOT = Path(__file__).resolve().parents[2]
STATE_DIR = ROOT / ".sagui"
PORTS = {
    "edge": 8080,
    "dagster": 3000,
    "database": 5433,
    "backend": 8000,
    "tileserv": 7800,
    "nginx": 8081,
    "code_server": 4000,
}
_MAX_OFFSET = 65535 - max(PORTS.values())
# Ports that browsers never open, because other protocols live there (WHATWG Fetch, "bad port"), from 2000 up.
REFUSED_BY_BROWSERS = frozenset(
    {2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, *range(6665, 6670), 6679, 6697, 10080}
)
# A Unix socket's path holds 107 characters; supervisord first binds to the path plus its process number.
_MAX_SOCKET_PATH = 90


@dataclass(frozen=True)
class Layout:
    """Paths and ports of one stack.

    Attributes:
        state_dir: absolute folder that holds all state of the stack.
        port_offset: added to every port, so that two stacks can run side by side.
    """

    state_dir: Path = STATE_DIR
    port_offset: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.port_offset <= _MAX_OFFSET:
            raise LaunchError(
                f"SAGUI_PORT_OFFSET is {self.port_offset}: ports would leave the range up to 65535.",
                f"Set it to a number between 0 and {_MAX_OFFSET}.",
            )
        for name in PORTS:
            if self.port(name) in REFUSED_BY_BROWSERS:
                raise LaunchError(
                    f"SAGUI_PORT_OFFSET is {self.port_offset}: browsers refuse to open port {self.port(name)} ({name}).",
                    f"Set it to another number, for example {self.port_offset + 10}.",
                )
        object.__setattr__(self, "state_dir", self.state_dir.absolute())

    def port(self, name: str) -> int:
        """Port of a service of `PORTS`."""
        return PORTS[name] + self.port_offset

    def url(self, name: str, host: str = "localhost") -> str:
        """HTTP address of a service."""
        return f"http://{host}:{self.port(name)}"

    @property
    def run(self) -> Path:
        """Generated configuration, process numbers, sockets and working folders of services."""
        return self.state_dir / "run"

    @property
    def logs(self) -> Path:
        """One log per service."""
        return self.state_dir / "logs"

    @property
    def secrets(self) -> Path:
        """One file per password."""
        return self.state_dir / "secrets"

    @property
    def database(self) -> Path:
        """The PostgreSQL cluster."""
        return self.state_dir / "postgres"

    @property
    def dagster_home(self) -> Path:
        """Dagster's instance folder."""
        return self.state_dir / "dagster"

    @property
    def static(self) -> Path:
        """Django's collected static files."""
        return self.state_dir / "static"

    @property
    def atmo(self) -> Path:
        """Atmosphere images served under `/atmo/`."""
        return self.state_dir / "atmo"

    @property
    def env_file(self) -> Path:
        """Addresses and credentials of the running stack, for scripts."""
        return self.state_dir / "env"

    @property
    def socket(self) -> Path:
        """Unix socket of the process supervisor; short even when the clone lies deep."""
        inside = self.run / "supervisor.sock"
        if len(os.fsencode(inside)) <= _MAX_SOCKET_PATH:
            return inside
        digest = hashlib.sha256(os.fsencode(self.state_dir)).hexdigest()[:12]
        runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or "/tmp")  # noqa: S108 - the folder is made private
        return runtime / f"sagui-{os.getuid()}-{digest}" / "supervisor.sock"

    def create(self) -> None:
        """Make the folders that must exist before anything starts."""
        try:
            for folder in (self.run, self.logs, self.dagster_home, self.static, self.atmo / "styled"):
                folder.mkdir(parents=True, exist_ok=True)
            self.secrets.mkdir(mode=0o700, exist_ok=True)
            if self.socket.parent != self.run:
                _private_folder(self.socket.parent)
        except OSError as error:
            raise LaunchError(
                f"{self.state_dir} cannot be written: {error.strerror} ({error.filename}).",
                "Free disk space or make the folder writable, then run the command again.",
            ) from error


def _private_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.stat(follow_symlinks=False)
    if status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise LaunchError(f"{folder} belongs to somebody else.", "Remove it, then run the command again.")


def executable(name: str) -> str:
    """Absolute path of a program of this Python environment."""
    return str(Path(sys.executable).parent / name)
