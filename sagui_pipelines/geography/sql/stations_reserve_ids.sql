-- Reserves %(count)s numbers and returns the last one. A table without rows starts at 1 again, so that a first import
-- that failed leaves no gap; otherwise no number is used twice, even if rows came in with numbers of their own.
WITH numbers AS (
    SELECT pg_get_serial_sequence('guyane.hyfaa_stations', 'id') AS name
)
SELECT setval(
    numbers.name::regclass,
    %(count)s + COALESCE(
        (
            SELECT GREATEST(max(station.id), (
                SELECT last_value
                FROM pg_sequences
                WHERE format('%%I.%%I', schemaname, sequencename) = numbers.name
            ))
            FROM guyane.hyfaa_stations AS station
            HAVING count(*) > 0
        ),
        0
    )
)
FROM numbers;
