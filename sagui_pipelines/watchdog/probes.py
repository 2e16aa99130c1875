"""Looking at the platform: every look is short, and says in one clause what it did not find."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg2
import requests
import sqlalchemy as sa

from sagui_pipelines.watchdog.signs import Disk, Heartbeats, moment

_TIMEOUT_S = 10
_HEARTBEATS = "SELECT daemon_type, timestamp FROM daemon_heartbeats"
_HEALTH = "{ instance { daemonHealth { allDaemonStatuses { daemonType lastHeartbeatTime } } } }"


def fetch(url: str, accepted: tuple[int, ...] = (200, 204)) -> str | None:
    """Fetch an address; None when it answered well, else what it did instead."""
    try:
        answer = requests.get(url, timeout=_TIMEOUT_S, allow_redirects=False)
    except requests.RequestException as error:
        return f"{url} does not answer ({type(error).__name__})"
    return None if answer.status_code in accepted else f"{url} answers {answer.status_code}"


def webserver_heartbeats(webserver: str) -> tuple[dict[str, datetime] | None, str | None]:
    """Heartbeats as Dagster's webserver tells them; or None and the reason."""
    url = f"{webserver.rstrip('/')}/graphql"
    try:
        answer = requests.post(url, json={"query": _HEALTH}, timeout=_TIMEOUT_S)
        statuses = answer.json()["data"]["instance"]["daemonHealth"]["allDaemonStatuses"]
        beats = {
            status["daemonType"]: moment(status["lastHeartbeatTime"])
            for status in statuses
            if status["lastHeartbeatTime"]
        }
    except requests.RequestException as error:
        return None, f"{url} does not answer ({type(error).__name__})"
    except (ValueError, KeyError, TypeError):
        return None, f"{url} answers {answer.status_code} without heartbeats"
    return beats, None


def stored_heartbeats(database_url: str) -> tuple[dict[str, datetime] | None, str | None]:
    """Heartbeats as they stand in Dagster's own database; or None and the reason."""
    address = sa.make_url(database_url).set(drivername="postgresql")
    try:
        connection = psycopg2.connect(
            address.render_as_string(hide_password=False),
            connect_timeout=_TIMEOUT_S,
            options=f"-c statement_timeout={_TIMEOUT_S * 1000}",
            application_name="sagui-watchdog",
        )
    except psycopg2.Error as error:
        return None, f"{address.host}:{address.port} {_first_line(error)}"
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(_HEARTBEATS)
            return {name: beat.replace(tzinfo=UTC) for name, beat in cursor.fetchall()}, None
    except psycopg2.Error as error:
        return None, f"{address.host}:{address.port} {_first_line(error)}"
    finally:
        connection.close()


def heartbeats(database_url: str, webserver: str) -> tuple[Heartbeats, str | None]:
    """Heartbeats from both sources, the newer one of each; and why the webserver did not answer, if so."""
    found: dict[str, datetime] | None = None
    reasons = []
    unwell: str | None = None
    if database_url:
        found, reason = stored_heartbeats(database_url)
        reasons += [reason] if reason else []
    if webserver:
        told, unwell = webserver_heartbeats(webserver)
        reasons += [unwell] if unwell else []
        if told is not None:
            found = {
                name: max(beats)
                for name in {*(found or {}), *told}
                if (beats := [source[name] for source in (found or {}, told) if name in source])
            }
    return Heartbeats(found, reasons), unwell


def backend_series(backend: str) -> tuple[dict[str, date] | None, str | None]:
    """Newest day of each series as the backend tells it; or None and the reason."""
    url = f"{backend.rstrip('/')}/api/health/ready"
    try:
        answer = requests.get(url, timeout=_TIMEOUT_S)
        series: dict[str, Any] = answer.json()["series"]
        days = {
            table: date.fromisoformat(state["date"]) for table, state in series.items() if state is not None
        }
    except requests.RequestException as error:
        return None, f"{url} does not answer ({type(error).__name__})"
    except (ValueError, KeyError, TypeError):
        return None, f"{url} answers {answer.status_code} without the age of the data"
    if answer.status_code != requests.codes.ok:
        return None, f"{url} answers {answer.status_code}: {', '.join(answer.json().get('problems', []))}"
    return days, None


def disk(folder: Path) -> Disk:
    """Room on the disk that holds a folder, or the nearest of its parents that exists."""
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    usage = shutil.disk_usage(place)
    return Disk(folder, usage.free, usage.total)


def _first_line(error: psycopg2.Error) -> str:
    return str(error).strip().split("\n", maxsplit=1)[0]
