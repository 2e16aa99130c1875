"""Reading the numbered SQL files, and cutting them into statements that can be located in errors."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from importlib.resources import files

_TOKEN = re.compile(
    r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"[^\"]*\"|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$|(?P<end>;)", re.DOTALL
)


@dataclass(frozen=True)
class Statement:
    """One SQL statement.

    Attributes:
        text: the statement, without its semicolon.
        line: line of the file on which `text` starts.
    """

    text: str
    line: int

    def line_of(self, position: int) -> int:
        """Line of the file that holds a character of the statement, counted from 1 as PostgreSQL does."""
        return self.line + self.text.count("\n", 0, max(position - 1, 0))


@dataclass(frozen=True)
class SqlFile:
    """One file.

    Attributes:
        name: file name.
        text: its content.
    """

    name: str
    text: str

    @property
    def sha256(self) -> str:
        """Checksum of the content."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def statements(self) -> list[Statement]:
        """The statements in order; semicolons in quotes, comments and bodies do not cut."""
        ends = [match.start() for match in _TOKEN.finditer(self.text) if match["end"]]
        pieces = zip([0, *(end + 1 for end in ends)], [*ends, len(self.text)], strict=True)
        return [_located(self.text, start, end) for start, end in pieces if _has_code(self.text[start:end])]


def sql_files() -> list[SqlFile]:
    """All files, in the order of their numbers."""
    found = [entry for entry in files("sagui_backend.sql").iterdir() if entry.name.endswith(".sql")]
    return [
        SqlFile(entry.name, entry.read_text("utf-8")) for entry in sorted(found, key=lambda entry: entry.name)
    ]


def _has_code(piece: str) -> bool:
    return bool(re.sub(r"--[^\n]*|/\*.*?\*/", "", piece, flags=re.DOTALL).strip())


def _located(text: str, start: int, end: int) -> Statement:
    start += len(text[start:end]) - len(text[start:end].lstrip())
    return Statement(text[start:end].rstrip(), text.count("\n", 0, start) + 1)
