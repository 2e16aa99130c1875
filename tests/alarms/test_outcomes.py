"""Which failures still stand after all later successes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagui_pipelines.alarms.outcomes import Failure, Outcome, Work, cause_key, fold
from tests.alarms.samples import CORRUPT


def work(step: str, first: int | None = None, last: int | None = None) -> Work:
    """A step, over days of May."""
    if first is None:
        return Work(step)
    return Work(step, date(2031, 5, first), date(2031, 5, last or first))


def failed(step: str, first: int | None = None, last: int | None = None, key: str = CORRUPT.key) -> Failure:
    """A failed step."""
    return Failure(work(step, first, last), replace(CORRUPT, key=key))


@pytest.mark.parametrize(
    "sample",
    [work("load"), work("load", 1), work("load", 1, 9), work("job two words"), work("job two words", 2, 3)],
)
def test_work_is_written_and_read(sample: Work) -> None:
    assert Work.parse(str(sample)) == sample


@pytest.mark.parametrize(
    ("wanted", "done", "left"),
    [
        (work("load", 3, 7), work("load", 3, 7), []),
        (work("load", 3, 7), work("load", 1, 9), []),
        (work("load", 3, 7), work("load"), []),
        (work("load", 3, 7), work("load", 4, 5), [work("load", 3), work("load", 6, 7)]),
        (work("load", 3, 7), work("load", 7, 9), [work("load", 3, 6)]),
        (work("load", 3, 7), work("load", 1, 3), [work("load", 4, 7)]),
        (work("load", 3, 7), work("load", 8, 9), [work("load", 3, 7)]),
        (work("load", 3, 7), work("other", 1, 9), [work("load", 3, 7)]),
        (work("load"), work("load"), []),
        (work("load"), work("load", 1, 2), [work("load")]),
    ],
)
def test_what_a_success_leaves(wanted: Work, done: Work, left: list[Work]) -> None:
    assert wanted.without(done) == left


DAYS = st.integers(1, 31)


@given(DAYS, DAYS, DAYS, DAYS)
def test_what_is_left_are_exactly_the_other_days(a: int, b: int, c: int, d: int) -> None:
    wanted, done = work("load", min(a, b), max(a, b)), work("load", min(c, d), max(c, d))

    def days(piece: Work) -> set[int]:
        assert piece.first is not None
        assert piece.last is not None
        return set(range(piece.first.day, piece.last.day + 1))

    left = [day for piece in wanted.without(done) for day in days(piece)]
    assert sorted(left) == sorted(days(wanted) - days(done))


def test_a_failure_that_a_later_run_repaired_is_not_told() -> None:
    runs = [Outcome(2.0, (work("load", 1, 9),)), Outcome(1.0, (), (failed("load", 1, 9),))]
    assert fold({}, runs).news == ()


def test_a_failure_after_a_success_is_told() -> None:
    runs = [Outcome(2.0, (), (failed("load", 1, 9),)), Outcome(1.0, (work("load", 1, 9),))]
    assert [problem.subject for problem in fold({}, runs).news] == ["load 2031-05-01..2031-05-09"]


def test_several_failures_of_one_cause_share_its_key() -> None:
    runs = [
        Outcome(1.0, (), (failed("load"), failed("publish"))),
        Outcome(2.0, (), (failed("load"),)),
    ]
    news = fold({}, runs).news
    assert {problem.key for problem in news} == {CORRUPT.key}
    assert [problem.subject for problem in news] == ["load", "publish"]


def test_what_people_know_is_counted_and_changes_nothing() -> None:
    change = fold({CORRUPT.key: ["load"]}, [Outcome(1.0, (), (failed("load"),))])
    assert [problem.subject for problem in change.news] == ["load"]
    assert change.left == {}


def test_a_range_repaired_piece_by_piece_ends_the_incident() -> None:
    known = {CORRUPT.key: ["load 2031-05-01..2031-05-09"]}
    first = fold(known, [Outcome(1.0, (work("load", 1, 4),))])
    assert first.left == {CORRUPT.key: ("load 2031-05-05..2031-05-09",)}
    second = fold(first.left, [Outcome(2.0, (work("load", 5, 9),))])
    assert second.left == {CORRUPT.key: ()}


def test_success_of_one_step_leaves_the_others() -> None:
    known = {CORRUPT.key: ["load", "publish"], "failure/other": ["load"]}
    change = fold(known, [Outcome(1.0, (work("load"),))])
    assert change.left == {CORRUPT.key: ("publish",), "failure/other": ()}


def test_a_repair_that_does_not_last_changes_nothing() -> None:
    runs = [Outcome(1.0, (work("load"),)), Outcome(2.0, (), (failed("load"),))]
    change = fold({CORRUPT.key: ["load"]}, runs)
    assert [problem.subject for problem in change.news] == ["load"]
    assert change.left == {}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/data/rain_20310501.nc", "/data/rain_20310502.nc"),
        ("/data/2031-05-01/portal.nc", "/data/2031-06-30/portal.nc"),
        (
            "run 3f2a81bc-0000-4000-8000-9c3a11111111",
            "run 11111111-0000-4000-8000-9c3a22222222",
        ),
    ],
)
def test_dates_and_run_numbers_make_no_other_cause(one: str, other: str) -> None:
    assert cause_key("SourceCorrupt", one) == cause_key("SourceCorrupt", other)


def test_other_errors_and_files_are_other_causes() -> None:
    keys = {
        cause_key("SourceCorrupt", "/data/mgbstandard.nc"),
        cause_key("SourceCorrupt", "/data/assimilated.nc"),
        cause_key("SourceMissing", "/data/assimilated.nc"),
    }
    assert len(keys) == 3
