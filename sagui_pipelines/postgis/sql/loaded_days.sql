SELECT date, time_added_jd, source_version, row_count
FROM guyane.sagui_importday
WHERE tablename = %(tablename)s
ORDER BY date
