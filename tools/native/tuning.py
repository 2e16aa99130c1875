"""Sizes that suit this machine; the same scripts decide in the containers."""

from __future__ import annotations

import subprocess

from tools.native.layout import ROOT

_COMPOSE = ROOT / "compose"


def memory_mb() -> int:
    """Memory of this machine, or of its container when that is less [MB]."""
    return int(_run("build/memory-mb"))


def postgres_options(available_mb: int) -> tuple[str, ...]:
    """Settings, as `name=value`, for a database that shares the machine with Dagster and the cache.

    Args:
        available_mb: memory of the machine [MB].
    """
    return tuple(_run("database/tuning.sh", str(available_mb)).splitlines())


def _run(script: str, *arguments: str) -> str:
    return subprocess.run(
        [str(_COMPOSE / script), *arguments], capture_output=True, text=True, check=True
    ).stdout
