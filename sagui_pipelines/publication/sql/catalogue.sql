SELECT
    substr(t.layer, length('guyane.') + 1), t.data_version, obj_description(f.oid, 'pg_proc'),
    p.published_at, p.first_date, p.last_date, coalesce(p.feature_count, 0)
FROM guyane.sagui_tile_layers AS t
LEFT JOIN pg_proc AS f ON f.pronamespace = 'guyane'::regnamespace AND 'guyane.' || f.proname = t.layer
LEFT JOIN guyane.sagui_publication AS p ON 'guyane.' || p.layer = t.layer
WHERE starts_with(t.layer, 'guyane.')
ORDER BY 1
