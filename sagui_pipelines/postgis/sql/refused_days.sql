SELECT date, source_version, fact
FROM guyane.sagui_refusedday
WHERE tablename = %(tablename)s
ORDER BY date
