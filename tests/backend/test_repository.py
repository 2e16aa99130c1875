"""What the repository must not hold: secrets, people, shells, unpinned packages."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.conftest import ROOT

SHIPPED = ("sagui_backend", "sagui_pipelines", "compose", "tools", "docs")
TEXT = {
    ".py",
    ".sql",
    ".yml",
    ".yaml",
    ".toml",
    ".vcl",
    ".template",
    ".md",
    ".sh",
    ".html",
    ".conf",
    ".txt",
    "",
}


def shipped_files() -> list[Path]:
    """Text files of the project, tests aside."""
    top = [path for path in ROOT.iterdir() if path.is_file()]
    below = [path for folder in SHIPPED for path in (ROOT / folder).rglob("*") if path.is_file()]
    return [path for path in (*top, *below) if path.suffix in TEXT and "__pycache__" not in path.parts]


def modules(*folders: str) -> list[tuple[Path, ast.Module]]:
    """Parsed Python modules below some folders."""
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return [(path, ast.parse(path.read_text("utf-8"))) for path in paths]


def test_fault_105_no_private_key_and_no_password_is_kept_here() -> None:
    private = re.compile(r"BEGIN [A-Z ]*PRIVATE KEY|pbkdf2_sha256\$\d+\$|PASSWORD +'[^'%{]+'", re.ASCII)
    found = [path for path in shipped_files() if private.search(path.read_text("utf-8", errors="replace"))]
    assert found == []


def test_fault_120_nobodys_address_is_built_in() -> None:
    address = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,6}\b", re.ASCII)
    reserved = re.compile(r"@(?:[\w-]+\.)*(?:example(?:\.(?:org|com|net))?|test|invalid|localhost)$")
    found = {
        (path.name, text)
        for path in shipped_files()
        if path.name not in {"requirements.lock", "LICENSE"}
        for text in address.findall(path.read_text("utf-8", errors="replace"))
        if not reserved.search(text)
    }
    assert found == set()


def test_fault_113_no_shell_stands_between_us_and_a_program() -> None:
    shells = []
    for path, module in modules("sagui_backend", "sagui_pipelines", "tools"):
        for node in ast.walk(module):
            if isinstance(node, ast.keyword) and node.arg == "shell":
                shells.append(path)
            if isinstance(node, ast.Attribute) and ast.unparse(node) in {"os.system", "os.popen"}:
                shells.append(path)
    assert shells == []


def test_fault_109_nothing_is_evaluated() -> None:
    calls = {
        (path.name, node.func.id)
        for path, module in modules("sagui_backend", "sagui_pipelines", "tools")
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"eval", "exec"}
    }
    assert calls == set()


def test_fault_112_every_package_is_pinned_with_its_hashes() -> None:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    packages = [line for line in lines if re.match(r"[a-z0-9]", line)]
    assert len(packages) > 50
    assert [line for line in packages if not re.match(r"[a-z0-9._-]+(\[[a-z0-9,-]+\])?==[^ ]+ ", line)] == []
    assert sum("--hash=sha256:" in line for line in lines) >= len(packages)
    assert any(line.startswith("django==5.2.") for line in packages), "a release with long-term support"


def test_fault_112_no_image_is_a_moving_one() -> None:
    images = {
        (path.name, name)
        for path in (ROOT / "compose").rglob("*")
        if path.is_file() and path.suffix in {".yml", ""}
        for name in re.findall(
            r"^\s*(?:image:|FROM)\s+(\S+)", path.read_text("utf-8", "replace"), re.MULTILINE
        )
    }
    assert [name for name in images if name[1].endswith(":latest")] == []


@pytest.mark.parametrize("name", ["SAGUI_SECRET_KEY", "SAGUI_API_DATABASE_URL", "SAGUI_OWNER_DATABASE_URL"])
def test_fault_102_no_secret_has_a_value_in_the_sources(name: str) -> None:
    given = re.compile(rf"^\s*{name}\s*[=:]\s*[^\s#$<{{]", re.MULTILINE)
    found = [path for path in shipped_files() if given.search(path.read_text("utf-8", errors="replace"))]
    assert found == []
