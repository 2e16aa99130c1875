SELECT s.id, s.name, s.river, s.minibasin_id FROM guyane.hyfaa_stations AS s WHERE s.geom IS NOT NULL
