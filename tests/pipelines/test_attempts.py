"""Trying again: at once, then after growing waits, then no more; other content starts anew."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sagui_pipelines.attempts import Attempts, decide, read, write

WAITS = [timedelta(minutes=5), timedelta(minutes=10)]
NOW = datetime(2026, 1, 10, 9, tzinfo=UTC)


def test_the_first_attempt_is_made_at_once() -> None:
    decision = decide("rain:a", Attempts(), NOW, WAITS)
    assert decision.go
    assert decision.run_key == "rain:a#1"


@pytest.mark.parametrize(("minutes", "go"), [(0, False), (4, False), (5, True), (60, True)])
def test_the_second_attempt_waits(minutes: int, go: bool) -> None:
    first = decide("rain:a", Attempts(), NOW, WAITS).attempts
    again = decide("rain:a", first, NOW + timedelta(minutes=minutes), WAITS)
    assert again.go is go
    assert again.attempts.made == (2 if go else 1)
    assert ("2026-01-10 09:05" in again.reason) is not go


def test_attempts_end_and_other_content_starts_anew() -> None:
    tried, made = Attempts(), []
    for minute in range(600):
        decision = decide("rain:a", tried, NOW + timedelta(minutes=minute), WAITS)
        tried = decision.attempts
        if decision.go:
            made.append(minute)
    assert made == [0, 5, 15]
    assert "tried 3 times" in decide("rain:a", tried, NOW + timedelta(days=9), WAITS).reason
    assert decide("rain:b", tried, NOW + timedelta(minutes=600), WAITS).run_key == "rain:b#1"


def test_a_cursor_is_read_back_and_a_strange_one_counts_as_none() -> None:
    tried = {"rainfall": Attempts("rainfall:a", 2, NOW.isoformat())}
    assert read(write(tried)) == tried
    assert read(None) == read("17") == read("nonsense") == read('{"rainfall": 3}') == {}
