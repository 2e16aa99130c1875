-- GeoJSON of the river line of a minibasin, empty when there is none; one row.
SELECT json_build_object(
    'type', 'FeatureCollection',
    'features', coalesce(json_agg(json_build_object(
        'type', 'Feature',
        'id', drainage.mini,
        'properties', json_build_object(),
        'geometry', ST_AsGeoJSON(drainage.geom, 5)::json
    )), '[]'::json)
)::text
FROM guyane.hyfaa_drainage AS drainage
WHERE drainage.mini = %(mini)s
