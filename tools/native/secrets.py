"""Passwords of one stack: made once, one private file each."""

from __future__ import annotations

import os
import secrets as random_source
from pathlib import Path

from tools.native.cluster import ROLES

NAMES = (*(f"{role}_password" for role in (*ROLES, "superuser")), "admin_password", "django_secret_key")


def load_or_create(folder: Path) -> dict[str, str]:
    """Return every secret of `NAMES`, making the ones that do not exist yet.

    Args:
        folder: private folder; each secret is a file of mode 0600 in it.
    """
    return {name: _load_or_create(folder / name) for name in NAMES}


def role_passwords(values: dict[str, str]) -> dict[str, str]:
    """Passwords by database role, as `Cluster` wants them."""
    return {role: values[f"{role}_password"] for role in (*ROLES, "superuser")}


def _load_or_create(path: Path) -> str:
    if path.exists():
        path.chmod(0o600)
        value = path.read_text().strip()
        if value:
            return value
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    value = random_source.token_urlsafe(50 if path.name == "django_secret_key" else 18)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(value + "\n")
    fresh.rename(path)
    return value
