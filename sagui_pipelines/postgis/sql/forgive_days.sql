DELETE FROM guyane.sagui_refusedday
WHERE tablename = %(tablename)s AND date <> ALL (%(dates)s::date[])
