-- A day without a source is not the day of any file: the next look finds it due.
UPDATE guyane.sagui_importday
SET time_added_jd = NULL, source_version = NULL
WHERE tablename = %(tablename)s AND date = ANY (%(days)s::date[])
