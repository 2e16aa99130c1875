"""The table of corruptions and the tests agree."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TABLE = (ROOT / "docs" / "corruptions.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (\d+) \|(.*)\|$", TABLE, re.M)
TESTS = re.findall(
    r"^def (test_corruption_(\d\d)_\w+)",
    (ROOT / "tests" / "checks" / "test_corruptions.py").read_text(encoding="utf-8"),
    re.M,
)


def test_at_least_thirty_kinds_are_caught() -> None:
    numbers = [int(number) for number, _ in ROWS]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 30


def test_every_row_names_its_test_and_every_test_has_its_row() -> None:
    named = {number: re.findall(r"`(test_corruption_\w+)`", text) for number, text in ROWS}
    assert named == {str(int(number)): [name] for name, number in TESTS}


def test_every_row_says_where_how_and_what_readers_see() -> None:
    for number, text in ROWS:
        assert [cell.strip() != "" for cell in text.split("|")] == [True] * 5, number
