SELECT id, severity, subjects FROM guyane.sagui_incident WHERE key = %(key)s AND closed_at IS NULL
