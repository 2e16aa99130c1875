UPDATE guyane.sagui_alarmmessage
SET sent_at = %(now)s, attempts = attempts + 1, last_error = NULL
WHERE id = %(id)s
