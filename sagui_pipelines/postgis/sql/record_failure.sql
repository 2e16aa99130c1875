WITH logged AS (
    INSERT INTO guyane.sagui_importlog (tablename, run_id, source_file, error)
    VALUES (%(tablename)s, %(run_id)s, %(source_file)s, %(error)s)
)
INSERT INTO guyane.sagui_importstate AS state (tablename, update_errors, last_error, last_error_at)
VALUES (%(tablename)s, %(errors)s, %(error)s, now())
ON CONFLICT (tablename) DO UPDATE
SET update_errors = excluded.update_errors,
    last_error = excluded.last_error,
    last_error_at = excluded.last_error_at
