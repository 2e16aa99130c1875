-- Events older than the limit, but the newest materialization and observation of each asset and partition: they are
-- what Dagster knows of the partition. Plans of finished runs count for nothing once the result is there.
DELETE FROM event_logs
WHERE id IN (
    SELECT e.id
    FROM event_logs AS e
    LEFT JOIN runs AS r ON r.run_id = e.run_id
    WHERE e.timestamp < :oldest
      AND (r.status IS NULL OR r.status IN ('SUCCESS', 'FAILURE', 'CANCELED'))
      AND e.id NOT IN (
          SELECT max(n.id)
          FROM event_logs AS n
          WHERE n.dagster_event_type IN ('ASSET_MATERIALIZATION', 'ASSET_OBSERVATION') AND n.asset_key IS NOT NULL
          GROUP BY n.asset_key, n.dagster_event_type, n.partition
      )
    ORDER BY e.id
    LIMIT :batch
)
