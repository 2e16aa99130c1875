"""A skip is a failure where CI is set, and only there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = "import pytest\n\ndef test_a():\n    pytest.skip('no file')\n\ndef test_b():\n    pass\n"


def _run(folder: Path, text: str, ci: str, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_it.py").write_text(text)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.ci_guard",
        "-p",
        "no:cacheprovider",
        "-q",
        *options,
    ]
    return subprocess.run(
        [*command, "-c", os.devnull, f"--rootdir={folder}", str(folder)],
        env=environment | {"CI": ci}, cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip


@pytest.mark.parametrize("options", [(), ("-n", "2")])
@pytest.mark.parametrize(("ci", "status"), [("true", 1), ("", 0), ("false", 0)])
def test_skip(tmp_path: Path, ci: str, status: int, options: tuple[str, ...]) -> None:
    done = _run(tmp_path, SKIPPED, ci, *options)
    assert done.returncode == status, done.stdout
    assert ("skips are failures here" in done.stdout) == bool(status)


def test_nothing_skipped(tmp_path: Path) -> None:
    assert _run(tmp_path, "def test_a():\n    pass\n", "true").returncode == 0
