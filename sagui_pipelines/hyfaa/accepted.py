"""Days that a person vouches for: what looks impossible there is true, and is loaded."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

FILE = "accepted-days.txt"


def accepted_days(folder: Path) -> tuple[frozenset[date], tuple[str, ...]]:
    """Read the days that rules of plausibility must not refuse.

    The file holds a day or a range (`2026-01-10..2026-01-12`) a line; what follows a `#` is remark.

    Args:
        folder: folder of the verified copies; without the file no day is accepted.

    Returns:
        The days, and a sentence for each line that cannot be understood.
    """
    path = folder / FILE
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return frozenset(), ()
    days: set[date] = set()
    problems = []
    for number, line in enumerate(lines, start=1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        first, dots, last = text.partition("..")
        try:
            start, end = date.fromisoformat(first), date.fromisoformat(last if dots else first)
        except ValueError:
            problems.append(f"{path}: line {number} is neither a day nor a range of days: {text}")
            continue
        days.update(start + timedelta(days=count) for count in range((end - start).days + 1))
    return frozenset(days), tuple(problems)
