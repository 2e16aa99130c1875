-- Days on which table and staged rows differ; `days` are the days that the staged rows stand for.
SELECT
    coalesce(t.{scope}, s.{scope}) AS day,
    count(*) FILTER (WHERE t.{scope} IS NULL) AS missing,
    count(*) FILTER (WHERE s.{scope} IS NULL) AS surplus,
    count(*) FILTER (
        WHERE t.{scope} IS NOT NULL AND s.{scope} IS NOT NULL AND ({current}) IS DISTINCT FROM ({incoming})
    ) AS different
FROM (
    SELECT *
    FROM {target} AS r
    WHERE r.{scope} BETWEEN %(lowest)s::date AND %(highest)s::date AND r.{scope} = ANY (%(days)s::date[])
) AS t
FULL JOIN {staging} AS s ON {same_key}
GROUP BY day
HAVING count(*) FILTER (
    WHERE t.{scope} IS NULL OR s.{scope} IS NULL OR ({current}) IS DISTINCT FROM ({incoming})
) > 0
ORDER BY day
