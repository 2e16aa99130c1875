UPDATE guyane.sagui_importstate
SET update_errors = 0, last_error = NULL, last_error_at = NULL
WHERE tablename = %(tablename)s AND (update_errors <> 0 OR last_error IS NOT NULL)
