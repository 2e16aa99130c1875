UPDATE guyane.sagui_alarmmessage
SET attempts = attempts + 1,
    last_error = %(reason)s,
    next_attempt_at = coalesce(%(again_at)s, next_attempt_at),
    abandoned_at = CASE WHEN %(again_at)s::timestamptz IS NULL THEN %(now)s END
WHERE id = %(id)s
