"""When a daily series is late, counted in missed days of data; and who is late because of whom. Pure.

A slot is one UTC day. Yesterday's slot is due at the deadline hour of today: flow of day T is the state at 00:00 of T,
computed on the morning of T; rain of T-1 arrives with it; both are there before the deadline when all is well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

# From which series each one is made: lateness runs down this way.
MADE_FROM = {
    "sagui_rainfall": "",
    "hyfaa_data_mgbstandard": "sagui_rainfall",
    "hyfaa_data_assimilated": "sagui_rainfall",
    "hyfaa_data_forecast": "hyfaa_data_mgbstandard",
}


@dataclass(frozen=True)
class Lateness:
    """How late one series is.

    Attributes:
        table: its table.
        newest: newest day that holds data.
        expected: newest day that is due.
        due_since: when that day became due, UTC.
        missed: days between the two.
        also: series that are late for no other reason.
    """

    table: str
    newest: date
    expected: date
    due_since: datetime
    missed: int
    also: tuple[str, ...] = ()


def expected_day(now: datetime, deadline_hour: int) -> date:
    """Newest day that is due at a time: yesterday from the deadline hour on, before it the day before yesterday."""
    return (now - timedelta(hours=deadline_hour)).date() - timedelta(days=1)


def missed_slots(newest: date, now: datetime, deadline_hour: int) -> int:
    """Days that are due and missing; 0 when the series is on time or ahead."""
    return max((expected_day(now, deadline_hour) - newest).days, 0)


def overdue(
    newest: Mapping[str, date], now: datetime, *, deadline_hour: int, tolerated: int = 0
) -> dict[str, Lateness]:
    """Series that are late for a reason of their own; those that only wait for them are named with them.

    Args:
        newest: newest day of each series that was ever loaded.
        now: the time, UTC.
        deadline_hour: hour of the day (UTC) by which yesterday's data must be there.
        tolerated: missing days that nobody needs to know of.
    """
    missed = {
        table: missed_slots(newest[table], now, deadline_hour) for table in MADE_FROM if table in newest
    }
    late = {table: days for table, days in missed.items() if days > tolerated}
    roots = {table: _root(table, late) for table in late}
    expected = expected_day(now, deadline_hour)
    due_since = datetime.combine(expected + timedelta(days=1), time(deadline_hour), UTC)
    return {
        root: Lateness(
            root,
            newest[root],
            expected,
            due_since,
            late[root],
            tuple(table for table in late if table != root and roots[table] == root),
        )
        for root in late
        if roots[root] == root
    }


def _root(table: str, late: Mapping[str, int]) -> str:
    """The series furthest upstream that explains all of this one's missing days."""
    upstream = MADE_FROM[table]
    explained = upstream in late and late[upstream] >= late[table]
    return _root(upstream, late) if explained else table
