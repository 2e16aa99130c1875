-- Minibasins that carry no station, with their numbers of rows.
SELECT new.mini, count(*)
FROM pg_temp.new_reference_flow AS new
WHERE NOT EXISTS (SELECT FROM guyane.hyfaa_stations AS station WHERE station.minibasin_id = new.mini)
GROUP BY new.mini
ORDER BY new.mini;
