"""Rows of HYFAA's rain catalogue, and how HYFAA ranks several revisions of a day."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

SELECT = """
SELECT file_path, data_type, date_data, date_added_to_db, product_type, file_status, grid_status
FROM FILEINFO ORDER BY rowid
"""

_DAY_IN_NAME = re.compile(
    r"DATA_(?:(\d{8})T\d{12}_\d{8}T\d{12}"
    r"|(\d{4}-\d{2}-\d{2})T[\d:]{8}\.\d{3}_\d{4}-\d{2}-\d{2}T[\d:]{8}\.\d{3})_\d{4}\.nc"  # stores before V4
)
# Weights of HYFAA's forcing database; their product ranks the revisions of one day.
_PRODUCT_WEIGHTS = {"analysis": 1.2, "forecast": 1.0}
_GRID_WEIGHTS = {"complete": 1.3, "incomplete": 0.6, "replaced": 0.2}


class RowError(ValueError):
    """A row that cannot be used; the message is a sentence for people."""


@dataclass(frozen=True)
class RainRow:
    """One usable row.

    Attributes:
        name: file name inside `data_store`.
        date: day of the rain, UTC.
        date_added: when it was added, in the clock of HYFAA's machine, without zone.
        product_type: `analysis` or `forecast`.
        grid_status: `complete`, `incomplete` or `replaced`.
        rank: HYFAA uses the largest of a day, and the oldest insertion among equals.
    """

    name: str
    date: date
    date_added: datetime
    product_type: str
    grid_status: str
    rank: float


def day_of_name(name: str) -> date | None:
    """Return the day of the rain that a file name tells, or None when HYFAA did not make the name."""
    match = _DAY_IN_NAME.fullmatch(name)
    if match is None:
        return None
    try:
        return date.fromisoformat(match[1] or match[2])
    except ValueError:
        return None


def parse(row: Sequence[object]) -> RainRow:
    """Check one row of `SELECT`.

    Raises:
        RowError: it is not a finished, well-formed row of a whole day of rain.
    """
    name, data_type, data_date, added, product_type, file_status, grid_status = map(str, row)
    if file_status != "added":
        raise RowError(f"{name}: its row has the status {file_status}, HYFAA did not finish adding it")
    if data_type != "rain":
        raise RowError(f"{name}: its row says {data_type}, not rain")
    if product_type not in _PRODUCT_WEIGHTS or grid_status not in _GRID_WEIGHTS:
        raise RowError(f"{name}: its row has the unknown quality {product_type}/{grid_status}")
    moment = _moment(name, "date_data", data_date)
    if moment.time() != time():
        raise RowError(f"{name}: its row is dated {data_date}, which is not the start of a day")
    if day_of_name(name) != moment.date():
        raise RowError(f"{name}: its row is dated {moment.date()}, and its name does not say so")
    rank = _PRODUCT_WEIGHTS[product_type] * _GRID_WEIGHTS[grid_status]
    added_at = _moment(name, "date_added_to_db", added)
    return RainRow(name, moment.date(), added_at, product_type, grid_status, rank)


def _moment(name: str, column: str, text: str) -> datetime:
    # An absent date is the text `None`, since HYFAA declares every column `str`.
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise RowError(f"{name}: its row has the {column} {text!r}") from error
    return moment.replace(tzinfo=None)
