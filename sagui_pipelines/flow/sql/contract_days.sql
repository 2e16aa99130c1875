-- The newest days of a table: what was recorded when they were loaded, and what is there.
WITH recorded AS (
    SELECT date, row_count
    FROM guyane.sagui_importday
    WHERE tablename = %(tablename)s AND row_count > 0
    ORDER BY date DESC
    LIMIT %(days)s
),
present AS (
    SELECT
        date,
        count(*) AS row_count,
        min(cell_id) AS smallest,
        max(cell_id) AS largest,
        count(*) FILTER (WHERE {impossible}) AS impossible
    FROM {table}
    WHERE date >= coalesce((SELECT min(date) FROM recorded), '-infinity'::date)
    GROUP BY date
)
SELECT date, recorded.row_count, present.row_count, smallest, largest, impossible
FROM recorded
FULL JOIN present USING (date)
ORDER BY date DESC
