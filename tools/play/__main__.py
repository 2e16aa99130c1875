"""Command line: `python -m tools.play --folder FOLDER` plays seven days and tells what was published when."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import UTC, date, datetime, timedelta
from datetime import time as hour_of
from pathlib import Path

from tools.native import demo
from tools.native.console import say
from tools.native.errors import LaunchError
from tools.native.layout import ROOT
from tools.play.clock import VARIABLE, Clock
from tools.play.mailbox import Mailbox, mailbox
from tools.play.pictures import take
from tools.play.report import table
from tools.play.scenes import SCENES, at
from tools.play.stage import PlayedStack, Stage

_HISTORY_DAYS = 420
_CELLS = "100"


def main(arguments: list[str] | None = None) -> int:
    """Play; exit status 1 when a day was not published."""
    parser = argparse.ArgumentParser(prog="python -m tools.play", description=__doc__)
    parser.add_argument(
        "--folder", type=Path, required=True, help="for state, mails, pictures and the table; emptied by you"
    )
    parser.add_argument("--days", type=int, default=len(SCENES), help="play only the first days")
    parser.add_argument(
        "--from-day", type=int, default=1, help="go on with this day in a folder already played in"
    )
    parser.add_argument("--port-offset", type=int, default=15_000, help="added to every port")
    parser.add_argument("--language", default="en", choices=("en", "fr", "pt"), help="language of the mails")
    options = parser.parse_args(arguments)
    folder = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    clock = Clock(folder)
    if VARIABLE not in os.environ:
        # This process has to live by the clock of the play as well.
        clock.build()
        command = [sys.executable, "-m", "tools.play", *(sys.argv[1:] if arguments is None else arguments)]
        os.execve(sys.executable, command, {**os.environ, **clock.variables})  # noqa: S606
    first = (datetime.now(UTC) - timedelta(days=len(SCENES) + 1)).date()
    clock.set(at(first + timedelta(days=options.from_day - 1), hour_of(12 if options.from_day == 1 else 17)))
    try:
        with mailbox(folder / "mails", 2_500 + options.port_offset) as box:
            return _play(folder, options, clock, box, first)
    except LaunchError as error:
        say(f"{error.fact} {error.remedy}")
        return 1


def _play(folder: Path, options: argparse.Namespace, clock: Clock, box: Mailbox, first: date) -> int:
    settings = {
        "SAGUI_CELLS": _CELLS,
        "SAGUI_HISTORY_START": (first - timedelta(days=_HISTORY_DAYS)).isoformat(),
        "SAGUI_ALARM_NAME": "SAGUI play",
        "SAGUI_ALARM_LANGUAGE": options.language,
        "SAGUI_ALARM_SMTP_HOST": "127.0.0.1",
        "SAGUI_ALARM_SMTP_PORT": str(2_500 + options.port_offset),
        "SAGUI_ALARM_SMTP_SECURITY": "none",
        "SAGUI_ALARM_MAIL_TO": "operator@example.org",
        "SAGUI_ALARM_MAIL_FROM": "sagui@example.org",
        "SAGUI_WATCHDOG_DISK_FREE_PERCENT": "0",
    }
    stack = PlayedStack(folder / ".sagui", options.port_offset, settings)
    stack.clock = clock
    stage = Stage(stack, clock)
    failed = []
    try:
        stack.up()
        demo.materialize(stack)
        stage.settle()
        for number, scene in list(enumerate(SCENES[: options.days], start=1))[options.from_day - 1 :]:
            day = first + timedelta(days=number)
            stage.say(f"--- day {number}: {scene.title}")
            try:
                scene.play(stage, day)
            except TimeoutError as error:
                failed.append(number)
                stage.say(f"NOT AS IT SHOULD BE: {error}")
            shown = stage.newest_day_on_the_map()
            stage.say(f"a reader's map shows {shown}")
        stage.settle()
        page = table(first, SCENES[: options.days], stage.history, box)
        (folder / "days.md").write_text(page)
        say(page)
        take(
            stack.layout.url("dagster", "127.0.0.1"),
            sorted((folder / "mails").glob("*.html")),
            folder / "shots",
        )
    finally:
        stack.down()
    return 1 if failed else 0


if __name__ == "__main__":
    if not (ROOT / "tools").is_dir():
        raise SystemExit("Run it in the project's folder.")
    sys.exit(main())
