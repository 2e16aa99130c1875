-- Columns with their types in order, and whether a valid unique key of these columns guards the table.
SELECT
    array_agg(a.attname || ' ' || format_type(a.atttypid, NULL) ORDER BY a.attnum),
    EXISTS (
        SELECT FROM pg_index AS i
        WHERE i.indrelid = to_regclass(%(table)s) AND i.indisunique AND i.indisvalid
            AND (
                SELECT array_agg(k.attname::text ORDER BY k.attname)
                FROM pg_attribute AS k
                WHERE k.attrelid = i.indrelid AND k.attnum = ANY (i.indkey)
            ) = %(key)s::text[]
    )
FROM pg_attribute AS a
WHERE a.attrelid = to_regclass(%(table)s) AND a.attnum > 0 AND NOT a.attisdropped
