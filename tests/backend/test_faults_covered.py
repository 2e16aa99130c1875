"""Every fault of the former system that concerns the backend has its test or its explanation."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.conftest import ROOT

PAGE = ROOT / "docs" / "faults.md"
CLIENT_PAGE = ROOT / "docs" / "client.md"
CONCERNED = {*range(1, 32), *range(79, 125), 150}
_TEST = re.compile(r"test_faults?((?:_\d{1,3})+)_")


def names_of_tests() -> set[str]:
    """Names of all tests."""
    modules = (ast.parse(path.read_text("utf-8")) for path in (ROOT / "tests").rglob("test_*.py"))
    return {
        node.name
        for module in modules
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def explained(page: Path) -> dict[int, str]:
    """Explanation by number."""
    lines = re.findall(r"^\| (\d+) \| (.+) \|$", page.read_text("utf-8"), re.MULTILINE)
    return {int(number): text for number, text in lines}


def test_each_fault_has_a_test_or_an_explanation() -> None:
    tested = {
        int(number)
        for name in names_of_tests()
        if (match := _TEST.match(name))
        for number in match[1].strip("_").split("_")
    }
    assert CONCERNED - tested - explained(PAGE).keys() == set()
    assert explained(PAGE).keys() <= CONCERNED
    assert all(len(text) > 40 for text in explained(PAGE).values())


@pytest.mark.parametrize("page", [PAGE, CLIENT_PAGE], ids=lambda page: page.name)
def test_tests_that_a_page_names_exist(page: Path) -> None:
    named = set(re.findall(r"`(test_\w+)`", page.read_text("utf-8")))
    assert len(named) >= 6
    assert named - names_of_tests() == set()
