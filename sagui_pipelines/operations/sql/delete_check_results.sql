-- Results that are old, but the newest of each check. A run over a range leaves one result a day of the range: those
-- of days that were checked again since are of no use after a week.
DELETE FROM asset_check_executions AS c
WHERE (
    c.create_timestamp < :oldest
    AND EXISTS (
        SELECT FROM asset_check_executions AS n
        WHERE n.asset_key = c.asset_key AND n.check_name = c.check_name AND n.id > c.id
    )
) OR (
    c.create_timestamp < :newest_replaced
    AND c.partition IS NOT NULL
    AND EXISTS (
        SELECT FROM asset_check_executions AS n
        WHERE n.asset_key = c.asset_key
          AND n.check_name = c.check_name
          AND n.partition = c.partition
          AND n.id > c.id
    )
)
