-- Messages about one incident reach a destination in the order in which they were written. The row stays locked until
-- the outcome is known: a second sender passes it over.
SELECT
    m.id, m.uid::text, m.kind, m.channel, m.destination, m.queued_at, m.attempts,
    coalesce(
        (
            SELECT first.uid FROM guyane.sagui_alarmmessage AS first
            WHERE first.incident_id = m.incident_id AND first.kind = 'opened'
                AND first.channel = m.channel AND first.destination = m.destination
        ),
        m.uid
    )::text AS thread,
    i.key, i.title, i.fact, i.remedy, i.severity, i.source, i.link, i.runbook, i.subjects, i.opened_at,
    i.closed_at, i.occurrences
FROM guyane.sagui_alarmmessage AS m
JOIN guyane.sagui_incident AS i ON i.id = m.incident_id
WHERE m.sent_at IS NULL AND m.abandoned_at IS NULL AND m.next_attempt_at <= %(now)s
    AND NOT EXISTS (
        SELECT FROM unnest(%(channels)s::text[], %(destinations)s::text[]) AS tired (channel, destination)
        WHERE tired.channel = m.channel AND tired.destination = m.destination
    )
    AND NOT EXISTS (
        SELECT FROM guyane.sagui_alarmmessage AS earlier
        WHERE earlier.incident_id = m.incident_id AND earlier.id < m.id
            AND earlier.channel = m.channel AND earlier.destination = m.destination
            AND earlier.sent_at IS NULL AND earlier.abandoned_at IS NULL
    )
ORDER BY m.id
LIMIT 1
FOR UPDATE OF m SKIP LOCKED
