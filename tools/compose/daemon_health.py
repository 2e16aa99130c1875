"""Health check of Dagster's daemon: `python -m tools.compose.daemon_health`."""

from __future__ import annotations

import sys

import psycopg2

from tools.compose.environment import database_urls

_SILENT_S = 120
_AGES = """
SELECT daemon_type, extract(epoch FROM now() - max(timestamp AT TIME ZONE 'UTC'))
FROM daemon_heartbeats GROUP BY daemon_type
"""


def problem() -> str:
    """Which of the daemons have written no heartbeat lately; empty when all have."""
    url = database_urls()["SAGUI_DAGSTER_DATABASE_URL"].replace("+psycopg2", "")
    connection = psycopg2.connect(url, connect_timeout=10)
    try:
        with connection.cursor() as cursor:
            cursor.execute(_AGES)
            ages = dict(cursor.fetchall())
    finally:
        connection.close()
    if not ages:
        return "no heartbeat from any daemon"
    silent = sorted(name for name, age in ages.items() if age > _SILENT_S)
    return f"no heartbeat from {', '.join(silent)}" if silent else ""


if __name__ == "__main__":
    sys.exit(problem() or None)
