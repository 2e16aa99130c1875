DELETE FROM asset_event_tags AS t
WHERE t.event_timestamp < :oldest AND NOT EXISTS (SELECT FROM event_logs AS e WHERE e.id = t.event_id)
