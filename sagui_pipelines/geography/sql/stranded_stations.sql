SELECT station.name, station.minibasin_id
FROM guyane.hyfaa_stations AS station
WHERE NOT EXISTS (SELECT FROM pg_temp.new_drainage AS new WHERE new.mini = station.minibasin_id)
ORDER BY station.id;
