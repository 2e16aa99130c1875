INSERT INTO guyane.hyfaa_stations AS station (
    id, code, name, river, minibasin_id,
    threshold_drought, threshold_flood_low, threshold_flood_mid, threshold_flood_high,
    geom, reference_conversion, imported
)
SELECT
    id, code, name, river, minibasin_id,
    threshold_drought, threshold_flood_low, threshold_flood_mid, threshold_flood_high,
    ST_SetSRID(ST_MakePoint(longitude, latitude), 4326), reference_conversion, imported
FROM pg_temp.new_stations
ORDER BY id
ON CONFLICT (id) DO UPDATE SET
    code = excluded.code,
    name = excluded.name,
    river = excluded.river,
    minibasin_id = excluded.minibasin_id,
    threshold_drought = excluded.threshold_drought,
    threshold_flood_low = excluded.threshold_flood_low,
    threshold_flood_mid = excluded.threshold_flood_mid,
    threshold_flood_high = excluded.threshold_flood_high,
    geom = excluded.geom,
    reference_conversion = excluded.reference_conversion,
    imported = excluded.imported;
