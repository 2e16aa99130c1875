INSERT INTO guyane.sagui_importday AS known (tablename, date, time_added_jd, source_version, row_count)
SELECT %(tablename)s, loaded.*
FROM unnest(
    %(dates)s::date[], %(time_added_jd)s::double precision[], %(versions)s::text[], %(row_counts)s::integer[]
) AS loaded (date, time_added_jd, source_version, row_count)
ON CONFLICT (tablename, date) DO UPDATE
SET time_added_jd = excluded.time_added_jd,
    source_version = excluded.source_version,
    row_count = excluded.row_count,
    loaded_at = now()
WHERE (known.time_added_jd, known.source_version, known.row_count)
    IS DISTINCT FROM (excluded.time_added_jd, excluded.source_version, excluded.row_count)
