"""The wall clock of the play: one number in a file that every process maps."""

from __future__ import annotations

import shutil
import struct
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

from tools.native.errors import LaunchError

VARIABLE = "PLAY_CLOCK"
_SOURCE = Path(__file__).with_name("clock.c")
_NS = 1_000_000_000


class Clock:
    """A wall clock that can be set, for all processes that were started with `variables`.

    Args:
        folder: where the clock's library and its number live; other users must be able to enter it.
    """

    def __init__(self, folder: Path) -> None:
        self._library = folder / "clock.so"
        self._number = folder / "clock"

    def build(self) -> None:
        """Compile the library and start with the true time.

        Raises:
            LaunchError: there is no C compiler.
        """
        compiler = shutil.which("cc")
        if compiler is None:
            raise LaunchError("There is no C compiler.", "Install one: apt-get install gcc libc6-dev.")
        self._number.write_bytes(struct.pack("q", 0))
        self._number.chmod(0o644)
        command = [
            compiler,
            "-shared",
            "-fPIC",
            "-O2",
            "-Wall",
            "-Werror",
            "-o",
            str(self._library),
            str(_SOURCE),
        ]
        subprocess.run(command, check=True)

    @property
    def variables(self) -> dict[str, str]:
        """Environment of a process that shall live by this clock."""
        return {"LD_PRELOAD": str(self._library), VARIABLE: str(self._number)}

    def set(self, moment: datetime) -> None:
        """Put the clock to a moment, for everybody at once."""
        [offset] = struct.unpack("q", self._number.read_bytes())
        kernel = time.time_ns() - offset if self._lives_by_it else time.time_ns()
        fresh = struct.pack("q", round(moment.timestamp() * _NS) - kernel)
        with self._number.open("r+b") as stream:
            stream.write(fresh)

    @property
    def _lives_by_it(self) -> bool:
        return str(self._number) in Path("/proc/self/maps").read_text()

    @staticmethod
    def now() -> datetime:
        """The time of this process."""
        return datetime.now(UTC)
