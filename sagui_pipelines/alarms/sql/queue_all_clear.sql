-- Only those who were told of the problem are told of its end.
INSERT INTO guyane.sagui_alarmmessage (incident_id, kind, channel, destination, queued_at, next_attempt_at)
SELECT incident_id, 'closed', channel, destination, %(now)s, %(now)s
FROM guyane.sagui_alarmmessage
WHERE incident_id = %(id)s AND kind = 'opened' AND abandoned_at IS NULL
ON CONFLICT (incident_id, kind, channel, destination) DO NOTHING
