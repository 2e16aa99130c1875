-- Box of all rivers, degrees of EPSG:4326: west, south, east, north. NULLs when no river is loaded.
SELECT ST_XMin(box), ST_YMin(box), ST_XMax(box), ST_YMax(box)
FROM (SELECT ST_Extent(river.geom) AS box FROM guyane.hyfaa_drainage AS river) AS rivers
