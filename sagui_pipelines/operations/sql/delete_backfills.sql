WITH finished AS (
    DELETE FROM bulk_actions
    WHERE timestamp < :oldest AND status NOT IN ('REQUESTED', 'CANCELING', 'FAILING')
    RETURNING key
)
DELETE FROM backfill_tags AS t USING finished AS f WHERE t.backfill_id = f.key
