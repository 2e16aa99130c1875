DROP TABLE IF EXISTS pg_temp.new_stations;
CREATE TEMPORARY TABLE new_stations (
    id bigint PRIMARY KEY,
    code text,
    name text,
    river text,
    minibasin_id integer,
    threshold_drought double precision,
    threshold_flood_low double precision,
    threshold_flood_mid double precision,
    threshold_flood_high double precision,
    longitude double precision,
    latitude double precision,
    reference_conversion text,
    imported jsonb
) ON COMMIT DROP;
