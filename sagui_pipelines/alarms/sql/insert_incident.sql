INSERT INTO guyane.sagui_incident (
    key, severity, title, fact, remedy, source, link, runbook, subjects, opened_at, last_seen_at
)
VALUES (
    %(key)s, %(severity)s, %(title)s, %(fact)s, %(remedy)s, %(source)s, %(link)s, %(runbook)s,
    array_remove(ARRAY[%(subject)s], ''), %(now)s, %(now)s
)
RETURNING id
