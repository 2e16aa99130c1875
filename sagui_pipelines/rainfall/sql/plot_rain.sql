SELECT date, avg(rain), max(rain)
FROM guyane.sagui_rainfall
WHERE date > (
    SELECT max(date) FROM guyane.sagui_importday WHERE tablename = 'sagui_rainfall' AND row_count > 0
) - %(days)s::integer
GROUP BY date
ORDER BY date
