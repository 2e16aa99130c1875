INSERT INTO guyane.sagui_alarmmessage (incident_id, kind, channel, destination, queued_at, next_attempt_at)
SELECT %(id)s, %(kind)s, wanted.channel, wanted.destination, %(now)s, %(now)s
FROM unnest(%(channels)s::text[], %(destinations)s::text[]) AS wanted (channel, destination)
ON CONFLICT (incident_id, kind, channel, destination) DO NOTHING
