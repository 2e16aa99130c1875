"""The set-up script's refusals, each one message."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What the script needs of a clone, not set up."""
    (tmp_path / "tools").mkdir()
    for name in ("tools/bootstrap.sh", "tools/uv.lock", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def _run(clone: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = ["bash", str(clone / "tools" / "bootstrap.sh")]
    return subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, timeout=120)


def test_too_little_disk(clone: Path) -> None:
    done = _run(clone, SAGUI_NEEDED_DISK_MB="999999999")
    assert done.returncode == 1
    assert "999999999 MB are needed" in done.stderr
    assert "What to do: free disk space" in done.stderr
    assert not (clone / ".venv").exists()


def test_no_network(clone: Path) -> None:
    nowhere = "http://127.0.0.1:9"
    done = _run(
        clone, HTTPS_PROXY=nowhere, HTTP_PROXY=nowhere, https_proxy=nowhere, http_proxy=nowhere,
        PIP_RETRIES="0", PIP_NO_CACHE_DIR="1", PIP_CONFIG_FILE=os.devnull, PIP_FIND_LINKS="", PIP_INDEX_URL="https://packages.invalid/simple",
    )  # fmt: skip
    assert done.returncode == 1
    assert "Setup failed: uv did not work" in done.stderr
    assert "What to do: check the network" in done.stderr
    assert not (clone / ".venv" / ".sagui-setup").exists()


def test_done_already_is_silent() -> None:
    if not (ROOT / ".venv" / ".sagui-setup").exists():
        pytest.skip("this environment was not made by `make setup`")
    done = subprocess.run(
        ["bash", str(ROOT / "tools" / "bootstrap.sh")], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
