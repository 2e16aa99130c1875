-- 1970-01-01 is CNES julian day 7305. Days without any row are known but are not data.
WITH days AS (
    SELECT
        coalesce(%(shown_first)s::date, min(date) FILTER (WHERE row_count > 0)) AS first_date,
        coalesce(%(shown_last)s::date, max(date) FILTER (WHERE row_count > 0)) AS last_date,
        coalesce(%(shown_rows)s::bigint, sum(row_count), 0) AS row_count
    FROM guyane.sagui_importday
    WHERE tablename = %(tablename)s
),
clock AS (
    SELECT
        days.*,
        coalesce(%(last_updated_jd)s::double precision, last_date - DATE '1950-01-01') AS updated_jd,
        %(newest_added_jd)s::double precision AS added_jd
    FROM days
)
INSERT INTO guyane.sagui_importstate AS state (
    tablename, last_updated, last_updated_jd, update_errors, last_updated_without_errors,
    last_updated_without_errors_jd, source_version, first_date, last_date, row_count, last_error,
    last_error_at, n_cells
)
SELECT
    %(tablename)s, to_timestamp((updated_jd - 7305) * 86400), updated_jd, 0,
    to_timestamp((added_jd - 7305) * 86400), added_jd, %(source_version)s, first_date, last_date,
    row_count, NULL, NULL, %(n_cells)s
FROM clock
ON CONFLICT (tablename) DO UPDATE
SET last_updated = greatest(state.last_updated, excluded.last_updated),
    last_updated_jd = greatest(state.last_updated_jd, excluded.last_updated_jd),
    update_errors = 0,
    last_updated_without_errors = greatest(
        state.last_updated_without_errors, excluded.last_updated_without_errors
    ),
    last_updated_without_errors_jd = greatest(
        state.last_updated_without_errors_jd, excluded.last_updated_without_errors_jd
    ),
    source_version = excluded.source_version,
    first_date = excluded.first_date,
    last_date = excluded.last_date,
    row_count = excluded.row_count,
    last_error = NULL,
    last_error_at = NULL,
    n_cells = excluded.n_cells
