"""Reference flows: what a station's river usually carries on each day of the year, over a period of years."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd

from sagui_pipelines.errors import ReferenceFlowInvalid
from sagui_pipelines.geography.files import counted, few
from sagui_pipelines.geography.tables import Row, read_rows

DAYS = 366
COLUMNS = ("ref_period", "mini", "day_of_year", "flow")
_KEY = list(COLUMNS[:3])
_LONGEST_PERIOD = 20
_LARGEST_INTEGER = 2**31 - 1
_SHOWN_PROBLEMS = 10


NOT_A_PERIOD = "ref_period is %(value)s, not the name of a period"
UNKNOWN_PERIOD = "ref_period %(value)s is unknown (add it in the admin; known: %(known)s)"
NOT_A_MINIBASIN = "mini is %(value)s, not the number of a minibasin"
NOT_A_DAY = "day_of_year is %(value)s, not a day from 1 to 366"
NOT_A_FLOW = "flow is %(value)s, not a flow of at least 0 m3/s"
DOUBLE = "period %(period)s, minibasin %(mini)s, day %(day)s occurs again"


@dataclass(frozen=True)
class RowProblem:
    """Why a row is refused: a form that can be translated, and what fills it.

    Attributes:
        form: sentence with named places.
        arguments: text by name of place.
    """

    form: str
    arguments: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        """The sentence in English."""
        return self.form % self.arguments


@dataclass(frozen=True)
class ReferenceFlow:
    """Reference flows of a file.

    Attributes:
        source: the file.
        frame: columns line (row in the file), ref_period (text), mini, day_of_year (int32), flow [m3/s] (float64).
    """

    source: Path
    frame: pd.DataFrame


def read_reference_flow(path: Path, known_periods: Collection[str] | None = None) -> ReferenceFlow:
    """Read reference flows, csv or xlsx, with the columns ref_period, mini, day_of_year (1 to 366), flow [m3/s].

    Args:
        path: the file.
        known_periods: periods that exist; None: any.

    Raises:
        SourceMissing, SourceCorrupt: the file is absent or cannot be read.
        ReferenceFlowInvalid: columns are missing, or values are wrong or doubled; the first ten rows are listed.
    """
    reference, problems = examine_reference_flow(path, known_periods)
    if problems:
        raise refused(path, problems)
    return reference


def examine_reference_flow(
    path: Path, known_periods: Collection[str] | None = None
) -> tuple[ReferenceFlow, dict[int, RowProblem]]:
    """Read the same file, and return its wrong rows by line instead of refusing it.

    Raises:
        SourceMissing, SourceCorrupt: the file is absent or cannot be read.
        ReferenceFlowInvalid: columns are missing, or there is no row.
    """
    columns, rows = read_rows(path, ReferenceFlowInvalid, sheet="Feuille 1")
    missing = [column for column in COLUMNS if column not in columns]
    if missing:
        raise ReferenceFlowInvalid(
            path,
            f"lacks the column {few(missing)}; it has {few(columns, 30) or 'none'}",
            "Add it to the header row.",
        )
    if not rows:
        raise ReferenceFlowInvalid(path, "holds no row", "Export it again.")
    problems = {row.line: problem for row in rows if (problem := _problem(row))}
    frame = _frame([row for row in rows if row.line not in problems])
    problems |= _doubles(frame)
    if known_periods is not None:
        problems |= unknown_periods(frame, known_periods)
    return ReferenceFlow(path, frame), problems


def provenance(name: str, content: bytes) -> str:
    """What a period says of the file that its flows came from."""
    return f"{name}, SHA-256 {sha256(content).hexdigest()[:16]}"


def unknown_periods(frame: pd.DataFrame, known_periods: Collection[str]) -> dict[int, RowProblem]:
    """Problem by line of the rows whose period does not exist."""
    unknown = frame[~frame["ref_period"].isin(list(known_periods))]
    known = few(sorted(known_periods)) or "none"
    return {
        int(line): RowProblem(UNKNOWN_PERIOD, {"value": repr(period), "known": known})
        for line, period in zip(unknown["line"], unknown["ref_period"], strict=True)
    }


def refused(source: Path, problems: Mapping[int, RowProblem]) -> ReferenceFlowInvalid:
    """The error that lists the first problems, by line, and their number."""
    listed = [f"row {line}, {problems[line]}" for line in sorted(problems)]
    return ReferenceFlowInvalid(
        source,
        f"{counted(len(problems), 'wrong row')}: " + "; ".join(listed[:_SHOWN_PROBLEMS]),
        "Correct these rows and load the file again; nothing of it was loaded.",
    )


def _problem(row: Row) -> RowProblem | None:
    period, mini, day, flow = (
        row.text("ref_period"),
        row.number("mini"),
        row.number("day_of_year"),
        row.number("flow"),
    )
    if not period or row.is_uncomputed("ref_period") or len(period) > _LONGEST_PERIOD:
        return RowProblem(NOT_A_PERIOD, {"value": row.shown("ref_period")})
    if not (mini.is_integer() and 1 <= mini <= _LARGEST_INTEGER):
        return RowProblem(NOT_A_MINIBASIN, {"value": row.shown("mini")})
    if not (day.is_integer() and 1 <= day <= DAYS):
        return RowProblem(NOT_A_DAY, {"value": row.shown("day_of_year")})
    if not 0 <= flow < np.inf:
        return RowProblem(NOT_A_FLOW, {"value": row.shown("flow")})
    return None


def _frame(rows: list[Row]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "line": np.array([row.line for row in rows], dtype=np.int64),
            "ref_period": pd.Series([row.text("ref_period") for row in rows], dtype=object),
            "mini": np.array([row.number("mini") for row in rows], dtype=np.int32),
            "day_of_year": np.array([row.number("day_of_year") for row in rows], dtype=np.int32),
            "flow": np.array([row.number("flow") for row in rows], dtype=np.float64),
        }
    )


def _doubles(frame: pd.DataFrame) -> dict[int, RowProblem]:
    again = frame[frame.duplicated(_KEY)]
    return {
        int(line): RowProblem(DOUBLE, {"period": period, "mini": mini, "day": day})
        for line, period, mini, day in again[["line", *_KEY]].itertuples(index=False)
    }
