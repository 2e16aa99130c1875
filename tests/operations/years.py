"""Years of daily runs in Dagster's database: one real day, written again for every day that follows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import psycopg2

_COPY = """
INSERT INTO runs (run_id, snapshot_id, pipeline_name, mode, status, run_body, partition, partition_set,
                  create_timestamp, update_timestamp, start_time, end_time)
SELECT r.run_id || '-' || n, r.snapshot_id, r.pipeline_name, r.mode, r.status, r.run_body, r.partition, r.partition_set,
       r.create_timestamp + n * interval '1 day', r.update_timestamp + n * interval '1 day',
       r.start_time + n * 86400, r.end_time + n * 86400
FROM model_runs AS r CROSS JOIN generate_series(%(first)s, %(last)s) AS n;

INSERT INTO run_tags (run_id, key, value)
SELECT t.run_id || '-' || n, t.key, t.value
FROM model_run_tags AS t CROSS JOIN generate_series(%(first)s, %(last)s) AS n;

INSERT INTO event_logs (run_id, event, dagster_event_type, timestamp, step_key, asset_key, partition)
SELECT e.run_id || '-' || n, e.event, e.dagster_event_type, e.timestamp + n * interval '1 day', e.step_key, e.asset_key,
       (e.partition::date + n)::text
FROM model_event_logs AS e CROSS JOIN generate_series(%(first)s, %(last)s) AS n
ORDER BY n, e.id;

INSERT INTO asset_check_executions (asset_key, check_name, partition, run_id, execution_status, evaluation_event,
                                    evaluation_event_timestamp, create_timestamp)
SELECT c.asset_key, c.check_name, c.partition, c.run_id || '-' || n, c.execution_status, c.evaluation_event,
       c.evaluation_event_timestamp + n * interval '1 day', c.create_timestamp + n * interval '1 day'
FROM model_asset_check_executions AS c CROSS JOIN generate_series(%(first)s, %(last)s) AS n;
"""

# Kept apart: the day itself grows old as well.
_MODEL = "".join(
    f"CREATE TABLE model_{table} AS SELECT * FROM {table};"
    for table in ("runs", "run_tags", "event_logs", "asset_check_executions")
)


@dataclass
class Years:
    """A Dagster database in which days pass quickly.

    Attributes:
        url: its address, for psycopg2.
    """

    url: str

    @classmethod
    def after_one_day(cls, url: str) -> Years:
        """Take all runs so far as the day to repeat."""
        years = cls(url)
        years._execute(_MODEL)
        return years

    def pass_days(self, first: int, last: int) -> None:
        """Write days first..last after the real one."""
        self._execute(_COPY, {"first": first, "last": last})

    def events_before(self, moment: datetime) -> int:
        """Number of events that are older than a moment."""
        connection = psycopg2.connect(self.url)
        try:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(*) FROM event_logs WHERE timestamp < %s", (moment.replace(tzinfo=None),)
                )
                return int((cursor.fetchone() or (0,))[0])
        finally:
            connection.close()

    def tidy(self) -> None:
        """What autovacuum does in its own time."""
        self._execute("VACUUM event_logs, asset_check_executions, runs, run_tags")

    def _execute(self, statement: str, parameters: dict[str, object] | None = None) -> None:
        connection = psycopg2.connect(self.url)
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, parameters)
        finally:
            connection.close()
