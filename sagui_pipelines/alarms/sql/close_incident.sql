UPDATE guyane.sagui_incident
SET closed_at = greatest(opened_at, %(now)s), subjects = '{}'
WHERE id = %(id)s
