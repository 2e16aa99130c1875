"""Command line: `python -m sagui_pipelines.watchdog` looks again and again; `--once` looks once, for cron."""

from __future__ import annotations

import argparse
import logging
import sys
import time
from datetime import UTC, datetime, timedelta

from sagui_pipelines.alarms.settings import load_alarm_settings
from sagui_pipelines.errors import SaguiError
from sagui_pipelines.watchdog.memory_file import MemoryFile
from sagui_pipelines.watchdog.rounds import Watchdog
from sagui_pipelines.watchdog.settings import WatchdogSettings, load_watchdog_settings

# A round looks at half a dozen things, each for ten seconds at most.
_SLACK = timedelta(minutes=4)


def main(arguments: list[str] | None = None) -> int:
    """Look at the platform, or tell what was seen last; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m sagui_pipelines.watchdog",
        description="Looks at the platform from outside Dagster and tells operators when it is silent.",
    )
    wish = parser.add_mutually_exclusive_group()
    wish.add_argument("--once", action="store_true", help="look once; exit status 1 when something is wrong")
    wish.add_argument("--health", action="store_true", help="exit status 0 when a watchdog looked lately")
    wish.add_argument("--status", action="store_true", help="what is wrong, as seen last")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stdout)
    try:
        settings = load_watchdog_settings()
        if options.health:
            return _health(settings)
        if options.status:
            return _status(settings)
        watchdog = Watchdog(settings, load_alarm_settings())
    except SaguiError as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 1
    if options.once:
        watchdog.round()
        return _status(settings)
    while True:
        begun = time.monotonic()
        watchdog.round()
        time.sleep(max(settings.interval_s - (time.monotonic() - begun), 1))


def _remembered(settings: WatchdogSettings) -> MemoryFile:
    file = MemoryFile(settings.folder / "memory.json")
    file.load()
    return file


def _health(settings: WatchdogSettings) -> int:
    checked_at = _remembered(settings).memory.checked_at
    limit = timedelta(seconds=settings.interval_s) + _SLACK
    if checked_at is None or datetime.now(UTC) - checked_at > limit:
        sys.stdout.write(f"no round lately: the last one was at {checked_at}\n")
        return 1
    return 0


def _status(settings: WatchdogSettings) -> int:
    memory = _remembered(settings).memory
    for trouble in memory.troubles.values():
        state = "told" if trouble.told else "not told yet"
        sys.stdout.write(
            f"{trouble.since:%Y-%m-%d %H:%M} {trouble.problem.title}: {trouble.problem.fact} ({state})\n"
        )
    if not memory.troubles:
        sys.stdout.write(f"All is well, as of {memory.checked_at}.\n")
    if memory.waiting:
        sys.stdout.write(f"{len(memory.waiting)} messages wait to be sent.\n")
    return 1 if memory.troubles else 0


if __name__ == "__main__":
    sys.exit(main())
