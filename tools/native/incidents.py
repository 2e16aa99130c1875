"""What operators would be told of now, for `make status`."""

from __future__ import annotations

from pathlib import Path

from sagui_pipelines.alarms import open_incidents
from sagui_pipelines.errors import SaguiError
from sagui_pipelines.postgis.engine import create_engine
from sagui_pipelines.watchdog.memory_file import MemoryFile


def open_lines(database_url: str, state_dir: Path) -> list[str]:
    """One line per open incident, of the pipelines and of the watchdog.

    Args:
        database_url: the platform's database.
        state_dir: folder of the platform's state.
    """
    lines = []
    engine = create_engine(database_url)
    try:
        lines += [
            f"{incident.opened_at:%Y-%m-%d %H:%M}  {incident.severity.name.lower()}  {incident.title}"
            for incident in open_incidents(engine)
        ]
    except SaguiError as error:
        lines.append(f"unknown: {error.fact}")
    finally:
        engine.dispose()
    file = MemoryFile(state_dir / "watchdog" / "memory.json")
    file.load()
    return lines + [
        f"{trouble.since:%Y-%m-%d %H:%M}  {trouble.problem.severity.name.lower()}  {trouble.problem.title}"
        for trouble in file.memory.troubles.values()
        if trouble.told
    ]
