"""How HYFAA's providers and solutions do: findings for the checks."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np

from sagui_pipelines.alarms.freshness import missed_slots
from sagui_pipelines.alarms.settings import load_alarm_settings
from sagui_pipelines.check_kit import SHOWN, Finding, from_problems
from sagui_pipelines.errors import SaguiError
from sagui_pipelines.hyfaa.mesh import OUTLET, Mesh, require_mesh
from sagui_pipelines.hyfaa.rain_store import RainStore
from sagui_pipelines.hyfaa.snapshot import current_snapshot
from sagui_pipelines.hyfaa.solutions import FORCING_ONMESH, Solution
from sagui_pipelines.settings import load_settings

OBSERVATIONS = Path("databases/assimilation_db/database.sql")
RECENT_DAYS = 60
_AREA_TOLERANCE = 0.05


def mesh(workdir: Path) -> Finding:
    """Whether the static data hold a possible river network."""
    try:
        found = require_mesh(workdir)
    except SaguiError as error:
        return Finding(False, error.fact, error.remedy, {"source": error.source})
    return from_problems(_areas(found), f"{found.n_cells:,} cells drain as they should", "Check the mesh.")


def _areas(found: Mesh) -> list[str]:
    upstream = found.cell_km2.copy()
    for cell in range(found.n_cells):  # numbers increase downstream
        if found.downstream[cell] != OUTLET:
            upstream[found.downstream[cell]] += upstream[cell]
    wrong = np.flatnonzero(np.abs(upstream - found.drained_km2) > _AREA_TOLERANCE * upstream)
    return [
        f"cell {cell + 1} drains {found.drained_km2[cell]:,.0f} km2, and the cells above it add up to {upstream[cell]:,.0f}"
        for cell in wrong
    ]


def rain_store(workdir: Path, now: datetime | None = None) -> Finding:
    """Whether rain arrives in time and without gaps, which the model would fill with the rain of earlier days."""
    now = now or datetime.now(UTC)
    catalogue = RainStore(workdir / FORCING_ONMESH).catalogue()
    days = [file.date for file in catalogue.files if not file.is_forecast]
    if not days:
        return Finding(False, "the store holds no rain", "Run HYFAA's forcing step.")
    problems = []
    missed = missed_slots(days[-1], now, load_alarm_settings().deadline_hour)
    if missed >= load_settings().freshness_warn_slots:
        problems.append(f"the newest day of rain is {days[-1]}, {missed} missed")
    first = max(days[0], days[-1] - timedelta(days=RECENT_DAYS))
    wanted = {first + timedelta(days=count) for count in range((days[-1] - first).days + 1)}
    substituted = sorted(wanted - set(days))
    if substituted:
        problems.append(f"the model took earlier rain for {', '.join(map(str, substituted[:SHOWN]))}")
    problems += catalogue.problems
    remedy = "Ask the provider of rain; materialize forcing_onmesh_db once it has the days."
    return from_problems(problems, f"rain up to {days[-1]}, without gaps in {RECENT_DAYS} days", remedy)


def altimetry(workdir: Path, now: datetime | None = None) -> Finding:
    """Whether satellites still report levels."""
    path = workdir / OBSERVATIONS
    if not path.is_file():
        return Finding(True, "no altimetry is used: HYFAA has no database of observations")
    query = "SELECT max(date_data), count(*), count(DISTINCT sv_name) FROM FILEINFO"
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            newest, count, stations = connection.execute(query).fetchone()
    except sqlite3.Error as error:
        return Finding(False, f"the database of observations cannot be read: {error}", "Restore it.")
    if not count:
        return Finding(True, "the database of observations is empty: nothing is assimilated")
    silent = ((now or datetime.now(UTC)).date() - date.fromisoformat(str(newest)[:10])).days
    well = silent <= load_settings().altimetry_silent_days
    return Finding(
        well,
        f"the newest of {count:,} levels from {stations} stations is {silent} days old",
        ""
        if well
        else "Look at hydroweb.next and the key for it; flow is computed without altimetry meanwhile.",
        {"silent_days": silent, "stations": stations},
    )


def plausibility(snapshot_dir: Path, solution: Solution) -> Finding:
    """What looked odd in the newest copy."""
    return from_problems(
        current_snapshot(snapshot_dir, solution).notes,
        "nothing looks odd in the newest copy",
        "Nothing is held back for it; look whether the model ran as it should.",
    )


def assimilation(snapshot_dir: Path, *, days: int = 30) -> Finding:
    """Whether observations changed any of the newest days."""
    with current_snapshot(snapshot_dir, Solution.ASSIMILATED).open() as portal:
        if not portal.is_analysis.any():
            return Finding(True, "no day was ever assimilated: no altimetry is configured")
        recent = portal.is_analysis[-days:]
        count, size = int(recent.sum()), recent.size
    return Finding(
        count > 0,
        f"{count} of the newest {size} days were assimilated",
        "" if count else "Look at the asset assimilation_db: levels do not arrive, or arrive too late.",
    )
