"""Docker's compose plugin, built from its Go module: `docker compose`, where Debian has docker-compose only."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path

from tools.docker_engine import cache_dir
from tools.native.tileserv import find_go

_MODULE = "github.com/docker/compose/v2"
_HERE = Path(__file__).parent / "plugin"
_OLDEST_GO = (1, 24)


def docker_config() -> Path:
    """Folder for DOCKER_CONFIG that holds the plugin; built once on a machine, some two minutes."""
    pinned = re.search(rf"{re.escape(_MODULE)} (v\S+)", (_HERE / "go.mod").read_text())
    assert pinned, f"go.mod does not name {_MODULE}"
    config = cache_dir() / f"docker-compose-{pinned[1]}"
    program = config / "cli-plugins" / "docker-compose"
    if not program.exists():
        program.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=config) as folder:
            fresh = Path(folder) / "docker-compose"
            _build(fresh, pinned[1])
            fresh.rename(program)
    return config


def _build(target: Path, version: str) -> None:
    go = find_go(os.environ, _OLDEST_GO)
    assert go, f"no Go {'.'.join(map(str, _OLDEST_GO))} or newer on PATH or in the Python environment"
    flags = f"-s -w -X {_MODULE}/internal.Version={version}"
    done = subprocess.run(
        [go, "build", "-trimpath", "-ldflags", flags, "-o", str(target), f"{_MODULE}/cmd"],
        cwd=_HERE, env={**os.environ, "CGO_ENABLED": "0"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
