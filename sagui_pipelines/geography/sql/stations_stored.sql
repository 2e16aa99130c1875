SELECT
    id, code, name, river, minibasin_id,
    threshold_drought, threshold_flood_low, threshold_flood_mid, threshold_flood_high,
    ST_X(geom), ST_Y(geom), reference_conversion, imported
FROM guyane.hyfaa_stations
ORDER BY id;
