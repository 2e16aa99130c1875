-- GeoJSON of the rivers in a window, the largest first, as fine as one pixel of the map; one row.
WITH found AS MATERIALIZED (
    SELECT drainage.mini, minibasin.ordem, drainage.geom
    FROM guyane.hyfaa_drainage AS drainage
    LEFT JOIN guyane.hyfaa_minibasins_data AS minibasin USING (mini)
    WHERE drainage.geom && ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4326)
        AND (%(mini)s::integer IS NULL OR drainage.mini = %(mini)s::integer)
    ORDER BY minibasin.ordem DESC NULLS LAST, drainage.mini
    LIMIT %(most)s + 1
)
SELECT json_build_object(
    'type', 'FeatureCollection',
    'truncated', count(*) > %(most)s,
    'features', coalesce(json_agg(json_build_object(
        'type', 'Feature',
        'id', mini,
        'properties', json_build_object('order', ordem),
        'geometry', ST_AsGeoJSON(ST_Simplify(geom, %(tolerance)s, true), 5)::json
    )), '[]'::json)
)::text
FROM found
