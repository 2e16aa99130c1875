"""The cache's rules, case by case, by Varnish's own test program on the VCL that runs in production."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
VARNISH = HERE.parents[1] / "compose" / "varnish"
CASES = sorted(HERE.glob("*.vtc"))


def test_there_are_cases() -> None:
    assert len(CASES) >= 15


@pytest.fixture(scope="module")
def rules() -> Iterator[Path]:
    """A copy of the rules that the cache's own user may read, wherever the project lies."""
    with tempfile.TemporaryDirectory(prefix="sagui-vcl-") as name:
        folder = Path(name)
        shutil.copytree(VARNISH, folder, dirs_exist_ok=True)
        shutil.copy(HERE / "make_backends.sh", folder)
        folder.chmod(0o755)
        yield folder


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_varnish(case: Path, rules: Path, tmp_path: Path) -> None:
    program = shutil.which("varnishtest")
    assert program, "varnishtest is not installed; run `make setup`"
    macros = {
        "vcl": rules,
        "template": rules / "backends.vcl.template",
        "make_backends": rules / "make_backends.sh",
    }
    options = [f"-D{name}={value}" for name, value in macros.items()]
    # The program makes a private folder below TMPDIR and binds sockets in it: keep the path short.
    done = subprocess.run(
        [program, "-t", "60", *options, str(case)], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout[-6000:]
