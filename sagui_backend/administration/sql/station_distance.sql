-- Distance of a station from the river of its minibasin [m]; NULL without a position.
SELECT ST_Distance(station.geom::geography, drainage.geom::geography)
FROM guyane.hyfaa_stations AS station
JOIN guyane.hyfaa_drainage AS drainage ON drainage.mini = station.minibasin_id
WHERE station.id = %s
