"""Running a program as a service user when the launcher itself runs as root."""

from __future__ import annotations

import os
import pwd
import subprocess
from pathlib import Path

from tools.native.errors import LaunchError

_CAPABILITY_BITS = {"dac_read_search": 2, "dac_override": 1}


def as_user(user: str) -> list[str]:
    """Command prefix that drops root for `user`; empty for an ordinary user.

    The capability lets the service user pass through parent folders that only root may enter (a clone in a
    private folder). Containers often withhold `dac_read_search` but grant `dac_override`.
    """
    if os.getuid() != 0:
        return []
    prefix = ["setpriv", f"--reuid={user}", f"--regid={pwd.getpwnam(user).pw_gid}", "--clear-groups"]
    capability = _usable_capability()
    if capability:
        prefix += [f"--inh-caps=+{capability}", f"--ambient-caps=+{capability}"]
    return prefix


def check_can_enter(user: str, folder: Path) -> None:
    """Refuse a folder that the service user cannot enter.

    Raises:
        LaunchError: names the folder and where to put it instead.
    """
    prefix = as_user(user)
    if (
        prefix
        and subprocess.run([*prefix, "ls", str(folder)], capture_output=True, check=False).returncode != 0
    ):
        raise LaunchError(
            f"The user {user}, who runs a service, cannot enter {folder}.",
            "Clone to a folder that every user may enter (for example below /srv), or start as an ordinary user.",
        )


def give_to(user: str, *paths: Path) -> None:
    """Make `user` the owner of folders that exist; nothing to do for an ordinary user."""
    if os.getuid() != 0:
        return
    entry = pwd.getpwnam(user)
    for path in paths:
        os.chown(path, entry.pw_uid, entry.pw_gid)


def _usable_capability() -> str | None:
    status = Path("/proc/self/status").read_text()
    effective = next(int(line.split()[1], 16) for line in status.splitlines() if line.startswith("CapEff"))
    return next((name for name, bit in _CAPABILITY_BITS.items() if effective >> bit & 1), None)
