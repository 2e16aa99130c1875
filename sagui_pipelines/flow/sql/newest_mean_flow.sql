SELECT cell_id, avg({flow})
FROM {table}
WHERE date > (SELECT max(date) FROM guyane.sagui_importday WHERE tablename = %(tablename)s AND row_count > 0) - %(days)s::integer
GROUP BY cell_id
