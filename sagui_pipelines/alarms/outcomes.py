"""What finished runs leave to tell: which failures still stand after all later successes. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sagui_pipelines.alarms.problem import Problem

PREFIX = "failure/"
_MOVING = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\d{4}-\d{2}-\d{2}|\d{8,}", re.IGNORECASE
)
_DAYS = re.compile(r" (\d{4}-\d{2}-\d{2})(?:\.\.(\d{4}-\d{2}-\d{2}))?$")
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Work:
    """One step over a range of days; without days where it has no partitions.

    Attributes:
        step: step of the run, or `job <name>` for a run as a whole.
        first, last: first and last partition.
    """

    step: str
    first: date | None = None
    last: date | None = None

    def __str__(self) -> str:
        if self.first is None or self.last is None:
            return self.step
        days = str(self.first) if self.first == self.last else f"{self.first}..{self.last}"
        return f"{self.step} {days}"

    @classmethod
    def parse(cls, text: str) -> Work:
        """Read what `str` wrote."""
        found = _DAYS.search(text)
        if found is None:
            return cls(text)
        first = date.fromisoformat(found[1])
        return cls(text[: found.start()], first, date.fromisoformat(found[2]) if found[2] else first)

    def without(self, done: Work) -> list[Work]:
        """What is left of this after the same step succeeded on some days.

        Success without days covers everything: the step then decides by itself what is due.
        """
        if done.step != self.step:
            return [self]
        if done.first is None or done.last is None:
            return []
        if self.first is None or self.last is None or done.last < self.first or self.last < done.first:
            return [self]
        left = []
        if self.first < done.first:
            left.append(replace(self, last=done.first - _DAY))
        if done.last < self.last:
            left.append(replace(self, first=done.last + _DAY))
        return left


@dataclass(frozen=True)
class Failure:
    """One thing that failed.

    Attributes:
        work: what should have been done.
        problem: what people are told; its subject is that of the work.
    """

    work: Work
    problem: Problem


@dataclass(frozen=True)
class Outcome:
    """One finished run.

    Attributes:
        ended_at: when it ended [s since 1970].
        done: what it did.
        failures: what it failed to do, and will not be tried again by itself.
    """

    ended_at: float
    done: tuple[Work, ...]
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True)
class Change:
    """What became of the failures that people know, and the new ones.

    Attributes:
        news: failures of these runs that stand, to be reported.
        left: per known key whose subjects changed, those that are not well yet; none = it is over.
    """

    news: tuple[Problem, ...]
    left: dict[str, tuple[str, ...]]


def fold(known: Mapping[str, Sequence[str]], outcomes: Iterable[Outcome]) -> Change:
    """Go through runs in the order in which they ended; only what stands at the end is told.

    Args:
        known: subjects of the open incidents by key.
        outcomes: finished runs, in any order.
    """
    standing = {key: [Work.parse(text) for text in subjects] for key, subjects in known.items()}
    problems: dict[tuple[str, str], Problem] = {}
    for outcome in sorted(outcomes, key=lambda outcome: outcome.ended_at):
        for done in outcome.done:
            standing = {
                key: [left for work in works for left in work.without(done)]
                for key, works in standing.items()
            }
        for failure in outcome.failures:
            works = standing.setdefault(failure.problem.key, [])
            if failure.work not in works:
                works.append(failure.work)
            problems[failure.problem.key, failure.work.step] = failure.problem
    news = []
    for (key, step), problem in problems.items():
        works = [work for work in standing[key] if work.step == step]
        unknown = [work for work in works if str(work) not in known.get(key, ())]
        # What people know is reported as well, to be counted.
        news += [replace(problem, subject=str(work)) for work in unknown or works[:1]]
    left = {
        key: texts
        for key, subjects in known.items()
        if (texts := tuple(str(work) for work in standing[key])) != tuple(subjects)
    }
    return Change(tuple(news), left)


def cause_key(error: str, source: str) -> str:
    """Key of a failure by its cause: dates and run numbers in the source do not make another cause."""
    return f"{PREFIX}{error}/{_MOVING.sub('*', source)}"
