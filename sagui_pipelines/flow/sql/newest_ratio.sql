-- How much more or less than usual the median river carries on the newest day: flow / expected.
SELECT max(date), percentile_cont(0.5) WITHIN GROUP (ORDER BY {flow} / flow_expected)
FROM {table}
WHERE date = (SELECT max(date) FROM guyane.sagui_importday WHERE tablename = %(tablename)s AND row_count > 0)
    AND flow_expected > 0.1 AND {flow} IS NOT NULL
