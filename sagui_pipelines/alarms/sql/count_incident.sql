-- A worse problem brings its own words; the same or a milder one is only counted.
UPDATE guyane.sagui_incident
SET occurrences = occurrences + 1,
    last_seen_at = greatest(last_seen_at, %(now)s),
    subjects = CASE
        WHEN %(subject)s = '' OR %(subject)s = ANY (subjects) THEN subjects
        ELSE array_append(subjects, %(subject)s)
    END,
    severity = greatest(severity, %(severity)s),
    title = CASE WHEN %(severity)s > severity THEN %(title)s ELSE title END,
    fact = CASE WHEN %(severity)s > severity THEN %(fact)s ELSE fact END,
    remedy = CASE WHEN %(severity)s > severity THEN %(remedy)s ELSE remedy END,
    source = CASE WHEN %(severity)s > severity THEN %(source)s ELSE source END,
    link = CASE WHEN %(severity)s > severity THEN %(link)s ELSE link END,
    runbook = CASE WHEN %(severity)s > severity THEN %(runbook)s ELSE runbook END
WHERE id = %(id)s
