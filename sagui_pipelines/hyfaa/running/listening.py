"""What a step prints: kept in a log without secrets, told as it comes, and read for progress."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from sagui_pipelines.hyfaa.runner import Progress, Teller
from sagui_pipelines.hyfaa.workspace import unwritable

_DAY = re.compile(r"\(step (\d+)/(\d+)\)")
_SECONDS = re.compile(r"step complete : ([\d.]+) seconds")
_PERCENT = re.compile(r"\b(\d{1,3})% done after")
_LINES_KEPT = 200
_TELL_EVERY_S = 60.0
_TELL_EVERY_SHARE = 0.1


class Listener:
    """Hears a step line by line; a context manager that closes the log.

    Attributes:
        log: file that keeps every line.
        lines: the last lines.
        model_days: days that the model has computed.
        model_seconds: time that they took [s].
    """

    def __init__(
        self, log: Path, tell: Teller, secrets: tuple[str, ...], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.log = log
        self.lines: deque[str] = deque(maxlen=_LINES_KEPT)
        self.model_days = 0
        self.model_seconds = 0.0
        self._tell, self._secrets, self._clock = tell, secrets, clock
        self._told_at, self._told_share = clock(), 0.0
        try:
            self._file = log.open("w", encoding="utf-8")
        except OSError as error:
            raise unwritable(log, error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def hear(self, line: str) -> None:
        """Take one line, without its end."""
        for secret in self._secrets:
            line = line.replace(secret, "***")
        self._file.write(line + "\n")
        self._file.flush()
        self.lines.append(line)
        self._tell.raw(line)
        self._read_progress(line)

    def _read_progress(self, line: str) -> None:
        seconds = _SECONDS.search(line)
        if seconds:
            self.model_days += 1
            self.model_seconds += float(seconds[1])
        day, percent = _DAY.search(line), _PERCENT.search(line)
        if day:
            self._progress(int(day[1]), int(day[2]), "day")
        elif percent:
            self._progress(int(percent[1]), 100, "percent")

    def _progress(self, done: int, total: int, unit: str) -> None:
        """Tell it at the start, at the end, every tenth and every minute."""
        share, now = done / max(total, 1), self._clock()
        is_news = share - self._told_share >= _TELL_EVERY_SHARE or now - self._told_at >= _TELL_EVERY_S
        if 1 < done < total and not is_news:
            return
        self._told_at, self._told_share = now, share
        left = (total - done) * self.model_seconds / self.model_days if self.model_days else None
        self._tell.progress(Progress(done, total, unit, left))
