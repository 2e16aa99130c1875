SELECT key, severity, title, fact, subjects, opened_at, occurrences
FROM guyane.sagui_incident
WHERE closed_at IS NULL AND starts_with(key, %(prefix)s)
ORDER BY opened_at, id
