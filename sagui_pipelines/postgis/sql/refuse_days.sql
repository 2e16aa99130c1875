INSERT INTO guyane.sagui_refusedday AS known (tablename, date, source_version, fact)
SELECT %(tablename)s, refused.*
FROM unnest(%(dates)s::date[], %(versions)s::text[], %(facts)s::text[]) AS refused (date, source_version, fact)
ON CONFLICT (tablename, date) DO UPDATE
SET source_version = excluded.source_version, fact = excluded.fact, refused_at = now()
WHERE (known.source_version, known.fact) IS DISTINCT FROM (excluded.source_version, excluded.fact)
