"""The table of traps and the tests agree."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROWS = re.findall(
    r"^\| (\d+) \|(.*)\|$", (ROOT / "docs" / "hyfaa-traps.md").read_text(encoding="utf-8"), re.M
)
TESTS = {
    name
    for folder in ("hyfaa", "hydro")
    for path in (ROOT / "tests" / folder).glob("test_*.py")
    for name in re.findall(r"^def (test_trap_\w+)", path.read_text(encoding="utf-8"), re.M)
}


def test_all_44_traps_have_a_row() -> None:
    assert [int(number) for number, _ in ROWS] == list(range(1, 45))


def test_every_test_stands_in_the_row_of_its_number() -> None:
    for number, text in ROWS:
        named = set(re.findall(r"`(test_trap_\w+)`", text))
        assert named == {name for name in TESTS if name.startswith(f"test_trap_{int(number):02d}_")}


def test_handlers_exist() -> None:
    package = ROOT / "sagui_pipelines"
    for number, text in ROWS:
        for name in re.findall(r"`([a-z_/]+\.py)`", text):
            assert (package / name).is_file() or (package / "hyfaa" / name).is_file(), f"row {number}: {name}"
