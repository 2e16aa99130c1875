"""How often and when something that failed is tried again. Pure: no Dagster, no clock of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Attempts:
    """What has been tried for one piece of work.

    Attributes:
        want: identity of the content that is wanted; other content starts anew.
        made: runs asked for so far.
        last: when the last one was asked for, ISO 8601 in UTC; empty before the first.
    """

    want: str = ""
    made: int = 0
    last: str = ""


@dataclass(frozen=True)
class Decision:
    """What to do now.

    Attributes:
        attempts: to remember; one more was made when `go`.
        go: ask for a run.
        reason: why not, for people; empty when `go`.
    """

    attempts: Attempts
    go: bool
    reason: str = ""

    @property
    def run_key(self) -> str:
        """Identity of the attempt: asking twice for it makes one run."""
        return f"{self.attempts.want}#{self.attempts.made}"


def decide(want: str, earlier: Attempts, now: datetime, waits: Sequence[timedelta]) -> Decision:
    """Decide whether to ask for a run of some content that is not there yet, and no run is under way for it.

    The first run is asked for at once, the next ones after growing waits, then no more: what fails that often needs
    a person, or other content.

    Args:
        want: identity of the content.
        earlier: what has been tried.
        now: present time, UTC.
        waits: wait before the second, third ... attempt.
    """
    made = earlier.made if earlier.want == want else 0
    if made > len(waits):
        remembered = Attempts(want, made, earlier.last)
        return Decision(
            remembered, go=False, reason=f"tried {made} times; it waits for other content or a person"
        )
    if made:
        due = datetime.fromisoformat(earlier.last) + waits[made - 1]
        if now < due:
            reason = f"attempt {made} did not succeed, the next is due at {due:%Y-%m-%d %H:%M} UTC"
            return Decision(earlier, go=False, reason=reason)
    return Decision(Attempts(want, made + 1, now.isoformat()), go=True)


def doubling(first: timedelta, count: int) -> list[timedelta]:
    """Waits that double: `first`, twice `first`, four times `first` ..."""
    return [first * 2**number for number in range(count)]


def read(cursor: str | None) -> dict[str, Attempts]:
    """Attempts by name of the work, from a sensor's cursor; a cursor of another version counts as none."""
    try:
        content = json.loads(cursor or "{}")
        return {name: Attempts(**fields) for name, fields in content.items()}
    except (ValueError, TypeError, AttributeError):
        return {}


def write(attempts: Mapping[str, Attempts]) -> str:
    """The cursor that `read` understands."""
    return json.dumps({name: asdict(tried) for name, tried in sorted(attempts.items())})
