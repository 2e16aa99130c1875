SELECT
    pg_database_size(current_database()) AS bytes,
    (SELECT count(*) FROM event_logs) AS events,
    (SELECT count(*) FROM runs) AS runs,
    (SELECT count(*) FROM asset_check_executions) AS check_results,
    (SELECT count(*) FROM job_ticks) AS ticks,
    (
        SELECT count(*)
        FROM event_logs AS e
        WHERE e.timestamp < :oldest
          AND coalesce(e.dagster_event_type, '') NOT IN ('ASSET_MATERIALIZATION', 'ASSET_OBSERVATION')
          AND NOT EXISTS (
              SELECT FROM runs AS r
              WHERE r.run_id = e.run_id AND r.status NOT IN ('SUCCESS', 'FAILURE', 'CANCELED')
          )
    ) AS overdue_events
