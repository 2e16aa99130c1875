"""The seven days: what goes wrong on each, and what must be published all the same."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as hour_of
from pathlib import Path

from sagui_pipelines.hyfaa.runner import Step
from sagui_pipelines.hyfaa.solutions import FILES, Solution
from tools.native.layout import ROOT
from tools.play.stage import Shown, Stage

# 06:00 in Cayenne.
_NIGHT = hour_of(8, 59, 50)
_DEADLINE = hour_of(15, 0, 5)
_MODEL, _SATELLITE = "hyfaa_data_mgbstandard", "hyfaa_data_assimilated"


@dataclass(frozen=True)
class Scene:
    """One day.

    Attributes:
        title: what happens.
        play: plays it, given the day; afterwards it is past the deadline of that day.
    """

    title: str
    play: Callable[[Stage, date], None]


def at(day: date, hour: hour_of) -> datetime:
    """A moment of a day, UTC."""
    return datetime.combine(day, hour, UTC)


def complete(day: date, *, without: str = "") -> Callable[[Shown], bool]:
    """Whether everything of a day is published, but for one series."""

    def reached(shown: Shown) -> bool:
        wanted = {
            table: day - timedelta(days=1) if table == "sagui_rainfall" else day
            for table in ("sagui_rainfall", _MODEL, _SATELLITE, "hyfaa_data_forecast")
            if table != without
        }
        on_map = without == _SATELLITE or shown.map_day == day
        return on_map and all(shown.series.get(table) == newest for table, newest in wanted.items())

    return reached


def night(stage: Stage, day: date) -> None:
    """The hour comes at which the schedule starts the daily run."""
    stage.leap(at(day, _NIGHT))


def deadline(stage: Stage, day: date) -> None:
    """The hour passes at which people are told what is missing; the watchdog looks as well."""
    stage.leap(at(day, _DEADLINE))
    stage.stride(at(day, _DEADLINE) + timedelta(minutes=8))
    stage.breathe()
    stage.watch()


def quiet(stage: Stage, day: date) -> None:
    """Nothing goes wrong."""
    night(stage, day)
    stage.wait("an ordinary night", complete(day))
    stage.say("everything is published")
    deadline(stage, day)


def without_altimetry(stage: Stage, day: date) -> None:
    """No satellite levels all day: what does not need them is published."""
    wish = stage.failures / f"{Step.ALTIMETRY.value}.fail"
    wish.write_text("the provider answers 503 Service Unavailable")
    night(stage, day)
    stage.wait("a night without altimetry", complete(day, without=_SATELLITE))
    stage.say("everything but the assimilated flow is published")
    deadline(stage, day)
    stage.leap(at(day, hour_of(22)))
    stage.settle()
    wish.unlink()
    stage.say("the provider answers again")


def truncated_portal(stage: Stage, day: date) -> None:
    """The model's portal file is cut: it is refused, yesterday's stays; when it is whole again, it is loaded."""
    stage.leap(at(day, hour_of(8, 30)))
    portal = _simulate(stage, day)
    whole = portal.with_suffix(".whole")
    whole.write_bytes(portal.read_bytes())
    os.truncate(portal, portal.stat().st_size * 6 // 10)
    stage.say(f"{portal.name} is cut at 60 %")
    night(stage, day)
    stage.wait("a night with a cut portal", complete(day, without=_MODEL))
    stage.say("everything but the modelled flow is published")
    stage.stride(at(day, hour_of(9, 20)))
    whole.rename(portal)
    stage.say("the file is whole again")
    if not stage.stride(at(day, hour_of(14)), until=lambda: _is(stage, complete(day))):
        raise TimeoutError("the repaired portal was not loaded by itself")
    stage.say("the modelled flow is published")
    deadline(stage, day)


def database_restarted(stage: Stage, day: date) -> None:
    """PostgreSQL is restarted in the middle of the daily run."""
    night(stage, day)
    deadline_s = time.monotonic() + 60
    while "daily" not in (stage.under_way() or []):
        if time.monotonic() > deadline_s:
            raise TimeoutError("the daily run did not start")
        time.sleep(0.1)
    stage.say("the database is restarted while the daily run is under way")
    stage.restart("database")
    stage.say("the database is back")
    if not stage.stride(at(day, hour_of(14)), until=lambda: _is(stage, complete(day))):
        raise TimeoutError("the day was not published after the restart")
    stage.say("everything is published")
    deadline(stage, day)


def model_failing(stage: Stage, day: date) -> None:
    """The model fails for half the morning."""
    wish = stage.failures / f"{Step.MGBSTANDARD_PROCESSING.value}.fail"
    wish.write_text("mgb_iph ended with exit status 139 on 12 of 12 days")
    night(stage, day)
    stage.wait(
        "a night without the model", lambda shown: shown.series.get("sagui_rainfall") == day - timedelta(1)
    )
    stage.settle()
    stage.stride(at(day, hour_of(10, 30)))
    wish.unlink()
    stage.say("the model runs again")
    if not stage.stride(at(day, hour_of(15)), until=lambda: _is(stage, complete(day))):
        raise TimeoutError("the day was not published after the model was repaired")
    stage.say("everything is published")
    deadline(stage, day)


def daemon_stopped(stage: Stage, day: date) -> None:
    """Dagster's daemon dies in the afternoon and nobody starts it again for half an hour."""
    quiet(stage, day)
    stage.settle()
    stage.stop("daemon")
    stage.say("the daemon is stopped")
    stopped = stage.clock.now()
    for minute in range(1, 31):
        stage.clock.set(stopped + timedelta(minutes=minute))
        stage.watch()
    stage.start("daemon")
    stage.say("the daemon runs again")
    for minute in range(31, 36):
        stage.clock.set(max(stage.clock.now(), stopped + timedelta(minutes=minute)))
        stage.breathe()
        stage.watch()


SCENES = (
    Scene("an ordinary day", quiet),
    Scene("no altimetry", without_altimetry),
    Scene("altimetry is back", quiet),
    Scene("a truncated portal", truncated_portal),
    Scene("the database is restarted during the run", database_restarted),
    Scene("the model fails until 10:30 UTC", model_failing),
    Scene("the daemon is dead for half an hour", daemon_stopped),
)


def _is(stage: Stage, reached: Callable[[Shown], bool]) -> bool:
    shown = stage.look()
    return bool(shown and reached(shown))


def _simulate(stage: Stage, day: date) -> Path:
    """Let the model finish its night before anybody looks; the path of its portal."""
    folder = stage.stack.layout.state_dir / "simulation"
    environment = stage.stack.environment
    command = [
        sys.executable, "-m", "sagui_pipelines.simulation", "--dir", str(folder),
        "--cells", environment["SAGUI_CELLS"], "--seed", environment["SAGUI_SEED"],
        "--start", environment["SAGUI_HISTORY_START"], "--until", day.isoformat(),
    ]  # fmt: skip
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return folder / "hyfaa" / FILES[Solution.MGBSTANDARD].portal
