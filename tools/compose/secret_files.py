"""Secrets as files in /run/secrets, each checked before anything uses it."""

from __future__ import annotations

import os
from pathlib import Path

from tools.native.errors import LaunchError

FOLDER = Path("/run/secrets")
DEVELOPMENT = "dev-only-"


def in_production() -> bool:
    """True when the production composition started this container."""
    return os.environ.get("SAGUI_PRODUCTION", "") == "yes"


def read(name: str, folder: Path = FOLDER) -> str:
    """A secret that must be there.

    Raises:
        LaunchError: it is missing, empty, unreadable, or, in production, the one of development.
    """
    path = folder / name
    if path.is_dir():
        raise LaunchError(
            f"The secret {name} is a folder: its file was missing when this container was created.",
            "Remove the empty folder that Docker made in its place, write the file (make secrets), and create the "
            "container anew (up -d --force-recreate).",
        )
    try:
        value = path.read_text().strip()
    except FileNotFoundError:
        raise LaunchError(
            f"The secret {name} is missing.", "Write its file (make secrets) and start again."
        ) from None
    except PermissionError:
        raise LaunchError(
            f"The secret {name} cannot be read by user {os.getuid()} in the container.",
            "Give its file mode 444 inside a folder that only its owner may enter (make secrets does so).",
        ) from None
    if not value:
        raise LaunchError(
            f"The secret {name} is empty.",
            "Write it into its file (make secrets fills what is empty) and start again.",
        )
    if in_production() and value.startswith(DEVELOPMENT):
        raise LaunchError(
            f"The secret {name} is the one that everybody knows from development.",
            "Make secrets of your own (make secrets) and start again.",
        )
    return value


def is_given(name: str, folder: Path = FOLDER) -> bool:
    """Whether a secret that may be left empty has been filled in."""
    path = folder / name
    return path.is_file() and os.access(path, os.R_OK) and bool(path.read_text().strip())
