-- Rain of one cell [mm] per day after `after`, oldest first. A day without a value has no entry.
SELECT rain.date, rain.rain
FROM guyane.sagui_rainfall AS rain
WHERE rain.cell_id = %(cell)s AND rain.date > %(after)s::date
ORDER BY rain.date
