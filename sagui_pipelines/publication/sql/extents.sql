-- West, south, east, north [degrees] of all lines, areas and points; no row where there are none.
SELECT e.kind, ST_XMin(e.box), ST_YMin(e.box), ST_XMax(e.box), ST_YMax(e.box)
FROM (
    SELECT 'LineString' AS kind, ST_Extent(d.geom) AS box FROM guyane.hyfaa_drainage AS d
    UNION ALL
    SELECT 'Polygon', ST_Extent(c.geom) FROM guyane.hyfaa_catchments AS c
    UNION ALL
    SELECT 'Point', ST_Extent(s.geom) FROM guyane.hyfaa_stations AS s
) AS e
WHERE e.box IS NOT NULL
