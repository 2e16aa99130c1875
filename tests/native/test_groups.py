"""In a parallel run a file's tests stay in one process: what they start is started once."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEST = "import pytest\n\n@pytest.mark.parametrize('number', range(6))\ndef test_it(number):\n    pass\n"


def test_files_stay_together(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"test_{name}.py").write_text(TEST)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.groups", "-p", "no:cacheprovider", "-v", "-n", "2", "--dist", "loadgroup",
         "-c", os.devnull, f"--rootdir={tmp_path}", str(tmp_path)],
        env=environment, cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    workers = defaultdict(set)
    for worker, file in re.findall(r"\[(gw\d)\].* PASSED \S*/(test_\w+\.py)::", done.stdout):
        workers[file].add(worker)
    assert sorted(workers) == ["test_one.py", "test_two.py"], done.stdout
    assert all(len(seen) == 1 for seen in workers.values()), done.stdout
