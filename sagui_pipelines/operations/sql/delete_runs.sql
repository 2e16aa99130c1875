-- Finished runs; their tags go with them. Events that are kept name a run that is gone, which Dagster allows.
DELETE FROM runs
WHERE update_timestamp < :oldest AND status IN ('SUCCESS', 'FAILURE', 'CANCELED')
