"""Rows of a spreadsheet or csv file, with their numbers in the file."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zipfile import BadZipFile

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from sagui_pipelines.errors import SaguiError, SourceCorrupt, SourceMissing

UNCOMPUTED: Final = "a formula without a stored result"


@dataclass(frozen=True)
class Row:
    """One row of a table.

    Attributes:
        line: row in the file, the header being row 1.
        values: cell by column name; None where empty.
    """

    line: int
    values: dict[str, object]

    def text(self, column: str) -> str:
        """The cell as trimmed text; empty when the cell is, or when there is no such column."""
        value = self.values.get(column)
        if isinstance(value, float) and value.is_integer():
            return str(int(value))
        return "" if value is None else str(value).strip()

    def number(self, column: str) -> float:
        """The cell as a number; NaN when it is none."""
        value = self.values.get(column)
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            return math.nan
        try:
            return float(value)
        except ValueError:
            return math.nan

    def is_uncomputed(self, column: str) -> bool:
        """True for a formula that the file holds without its result."""
        return self.values.get(column) is UNCOMPUTED

    def shown(self, column: str) -> str:
        """The cell for a message."""
        if not self.text(column):
            return "empty"
        return UNCOMPUTED if self.is_uncomputed(column) else repr(self.values[column])


def read_rows(path: Path, invalid: type[SaguiError], *, sheet: str) -> tuple[list[str], list[Row]]:
    """Read an xlsx or csv table whose first row holds the column names.

    Args:
        path: the file.
        invalid: error of the caller for a file of another kind.
        sheet: the sheet to read if it exists, else the first one.

    Returns:
        Column names in lower case without footnote marks, and the rows that are not blank.

    Raises:
        SourceMissing, SourceCorrupt: the file is absent or cannot be read.
    """
    if not path.is_file():
        raise SourceMissing(
            path, "does not exist", "Put the file there, or correct the setting that names it."
        )
    if path.suffix.lower() == ".xlsx":
        lines = _spreadsheet(path, sheet)
    elif path.suffix.lower() == ".csv":
        lines = _csv(path)
    else:
        raise invalid(path, f"is a {path.suffix or 'nameless'} file", "Save it as xlsx or csv.")
    if not lines:
        raise SourceCorrupt(path, "is empty", "Copy the file again.")
    header = ["" if cell is None else str(cell).strip().rstrip("*").rstrip().lower() for cell in lines[0]]
    rows = [Row(index, _named(header, line)) for index, line in enumerate(lines[1:], start=2)]
    return [name for name in header if name], [row for row in rows if any(map(row.text, row.values))]


def _named(header: list[str], line: list[object]) -> dict[str, object]:
    return {name: line[index] if index < len(line) else None for index, name in enumerate(header) if name}


def _csv(path: Path) -> list[list[object]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return [[text or None for text in line] for line in csv.reader(stream)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise SourceCorrupt(
            path, f"is not a csv file in UTF-8: {error}", "Save it as csv, encoding UTF-8."
        ) from error


def _spreadsheet(path: Path, sheet: str) -> list[list[object]]:
    try:
        results = openpyxl.load_workbook(path, data_only=True)
        formulas = openpyxl.load_workbook(path)
    except (BadZipFile, InvalidFileException, KeyError, ValueError, EOFError) as error:
        raise SourceCorrupt(
            path, f"is not a readable xlsx file: {error}", "Save it again as xlsx."
        ) from error
    if not results.worksheets:
        raise SourceCorrupt(path, "holds no sheet", "Save it again as xlsx.")
    name = sheet if sheet in results.sheetnames else results.worksheets[0].title
    return [
        [_computed(*pair) for pair in zip(*lines, strict=True)]
        for lines in zip(
            results[name].iter_rows(values_only=True), formulas[name].iter_rows(values_only=True), strict=True
        )
    ]


def _computed(result: object, formula: object) -> object:
    # A program that writes formulas without computing them leaves no result: that is no empty cell.
    if result is None and isinstance(formula, str) and formula.startswith("="):
        return UNCOMPUTED
    return result
