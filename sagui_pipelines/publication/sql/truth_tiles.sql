-- Which shapes each tile has to show, from the shapes themselves.
WITH shape AS MATERIALIZED (
    SELECT 'reach' AS kind, d.mini AS id, ST_Transform(d.geom, 3857) AS geom, 256 AS buffer FROM guyane.hyfaa_drainage AS d
    UNION ALL
    SELECT 'light reach', d.mini, ST_Transform(d.geom, 3857), 64 FROM guyane.hyfaa_drainage AS d
    UNION ALL
    SELECT 'catchment', c.mini, c.geom, 256 FROM guyane.hyfaa_catchments_shown AS c
    UNION ALL
    SELECT 'subbasin', s.id, s.geom, 256 FROM guyane.hyfaa_catchments_subbasins AS s
    UNION ALL
    SELECT 'station', s.id::integer, ST_Transform(s.geom, 3857), 256 FROM guyane.hyfaa_stations AS s
)
SELECT s.kind, t.z, t.x, t.y, array_agg(s.id)
FROM unnest(%(z)s::integer[], %(x)s::integer[], %(y)s::integer[]) AS t (z, x, y)
JOIN shape AS s ON s.geom && ST_TileEnvelope(t.z, t.x, t.y, margin => s.buffer / 4096.0)
WHERE ST_AsMVTGeom(s.geom, ST_TileEnvelope(t.z, t.x, t.y), 4096, s.buffer) IS NOT NULL
GROUP BY 1, 2, 3, 4
