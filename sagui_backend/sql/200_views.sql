-- What maps and consumers read. Tables hold facts; everything here is derived from them.
-- Materialized views are renewed by guyane.publish_layers() (300_tiles.sql), never by triggers.

DO $$
DECLARE
    found record;
BEGIN
    FOR found IN
        SELECT c.relname, CASE c.relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'VIEW' END AS kind
        FROM unnest(ARRAY[
            'hyfaa_data_aggregated_geo',
            'hyfaa_forecast_aggregated_geo',
            'hyfaa_data_with_assimilated_aggregate_geo',
            'hyfaa_data_with_mgbstandard_aggregate_geo',
            'hyfaa_forecast_with_assimilated_aggregate_geo',
            'hyfaa_forecast_with_mgbstandard_aggregate_geo',
            'rainfall_minibasin_aggregated_geo',
            'rainfall_subbasin_aggregated_geo',
            'sagui_shown_subbasin_rain',
            'sagui_shown_rain',
            'sagui_shown_forecast_json',
            'hyfaa_forecast_with_assimilated',
            'hyfaa_forecast_with_mgbstandard',
            'sagui_shown_forecasts',
            'hyfaa_data_assimilated_aggregate_json',
            'hyfaa_data_mgbstandard_aggregate_json',
            'sagui_shown_flow_json',
            'sagui_shown_flows',
            'sagui_tile_layers',
            'sagui_layer_definitions',
            'sagui_shown_stations',
            'sagui_tile_geometry',
            'hyfaa_catchments_subbasins',
            'hyfaa_catchments_shown',
            'hyfaa_drainage_shown',
            'drainage_mgb_masked',
            'hyfaa_drainage_with_attributes',
            'sagui_reaches',
            'sagui_shown_days'
        ]) WITH ORDINALITY AS old (name, position)
        JOIN pg_class AS c ON c.relname = old.name AND c.relkind IN ('v', 'm')
        WHERE c.relnamespace = 'guyane'::regnamespace
        ORDER BY old.position
    LOOP
        EXECUTE format('DROP %s guyane.%I', found.kind, found.relname);
    END LOOP;
END
$$;

-- Days -----------------------------------------------------------------------------------------------------

CREATE VIEW guyane.sagui_shown_days AS
SELECT d.tablename, d.date, d.rank
FROM (
    SELECT i.tablename, i.date, row_number() OVER (PARTITION BY i.tablename ORDER BY i.date DESC)::integer AS rank
    FROM guyane.sagui_importday AS i
    WHERE i.row_count > 0
) AS d
WHERE d.rank <= 15;
COMMENT ON VIEW guyane.sagui_shown_days IS
    'The 15 newest days that hold rows, per series, rank 1 being the newest. No column is ever NULL.';

-- Geography ------------------------------------------------------------------------------------------------

CREATE MATERIALIZED VIEW guyane.sagui_reaches AS
SELECT
    d.mini, m.ordem, round(m.width)::integer AS width,
    public.st_transform(d.geom, 3857)::public.geometry(Geometry, 3857) AS geom,
    md5(concat_ws(' ', m.ordem, m.width, public.st_asewkb(d.geom))) AS fingerprint
FROM guyane.hyfaa_drainage AS d
LEFT JOIN guyane.hyfaa_minibasins_data AS m USING (mini);
CREATE UNIQUE INDEX sagui_reaches_mini ON guyane.sagui_reaches (mini);
CREATE INDEX sagui_reaches_geom ON guyane.sagui_reaches USING gist (geom);
COMMENT ON MATERIALIZED VIEW guyane.sagui_reaches IS
    'All rivers ready for tiles: EPSG:3857, computing order, width [m] without decimals, and a fingerprint of the rows '
    'they were made from. Order and width are NULL where the minibasin has no attributes.';

CREATE VIEW guyane.hyfaa_drainage_with_attributes AS
SELECT d.geom, d.mini, m.ordem, m.sub, m.width, m.depth
FROM guyane.hyfaa_drainage AS d
JOIN guyane.hyfaa_minibasins_data AS m USING (mini)
WHERE m.ordem >= coalesce((SELECT c.max_ordem FROM guyane.sagui_saguiconfig AS c), 12);
COMMENT ON VIEW guyane.hyfaa_drainage_with_attributes IS
    'Rivers of at least the configured computing order, EPSG:4326, with their attributes. No column is ever NULL.';

CREATE VIEW guyane.drainage_mgb_masked AS
SELECT d.geom, d.mini, d.ordem, d.sub, d.width, d.depth
FROM guyane.hyfaa_drainage_with_attributes AS d
CROSS JOIN (SELECT public.st_union(m.mask) AS area FROM guyane.hyfaa_geo_inclusion_mask AS m) AS mask
WHERE mask.area IS NULL OR public.st_intersects(d.geom, mask.area);
COMMENT ON VIEW guyane.drainage_mgb_masked IS
    'hyfaa_drainage_with_attributes, restricted to lines that touch the inclusion mask; all of them when there is '
    'no mask. No column is ever NULL.';

CREATE MATERIALIZED VIEW guyane.hyfaa_drainage_shown AS
SELECT
    d.mini, d.ordem, d.sub,
    round(d.width::numeric, 0) AS width,
    round(d.depth::numeric, 2) AS depth,
    r.geom
FROM guyane.drainage_mgb_masked AS d
JOIN guyane.sagui_reaches AS r USING (mini);
CREATE UNIQUE INDEX hyfaa_drainage_shown_mini ON guyane.hyfaa_drainage_shown (mini);
COMMENT ON MATERIALIZED VIEW guyane.hyfaa_drainage_shown IS
    'drainage_mgb_masked ready for tiles: EPSG:3857, width [m] without and depth [m] with two decimals.';

CREATE MATERIALIZED VIEW guyane.hyfaa_catchments_shown AS
SELECT
    c.mini, c.sub,
    public.st_area(c.geom::public.geography) / 1e6 AS area_km2,
    public.st_collectionextract(
        public.st_makevalid(public.st_transform(c.geom, 3857)), 3
    )::public.geometry(Geometry, 3857) AS geom,
    md5(c.sub::text || public.st_asewkb(c.geom)::text) AS fingerprint
FROM guyane.hyfaa_catchments AS c;
CREATE UNIQUE INDEX hyfaa_catchments_shown_mini ON guyane.hyfaa_catchments_shown (mini);
CREATE INDEX hyfaa_catchments_shown_geom ON guyane.hyfaa_catchments_shown USING gist (geom);
COMMENT ON MATERIALIZED VIEW guyane.hyfaa_catchments_shown IS
    'Catchments ready for tiles (EPSG:3857, valid), their area on the ellipsoid [km2], and a fingerprint of the '
    'row they were made from. No column is ever NULL.';

CREATE MATERIALIZED VIEW guyane.hyfaa_catchments_subbasins AS
SELECT
    c.sub AS id,
    array_agg(c.mini ORDER BY c.mini) AS minibasins,
    public.st_union(c.geom ORDER BY c.mini)::public.geometry(Geometry, 3857) AS geom
FROM guyane.hyfaa_catchments_shown AS c
GROUP BY c.sub;
CREATE UNIQUE INDEX hyfaa_catchments_subbasins_id ON guyane.hyfaa_catchments_subbasins (id);
CREATE INDEX hyfaa_catchments_subbasins_geom ON guyane.hyfaa_catchments_subbasins USING gist (geom);
COMMENT ON MATERIALIZED VIEW guyane.hyfaa_catchments_subbasins IS
    'Catchments dissolved by sub-basin, EPSG:3857, and the minibasins of each. No column is ever NULL.';

-- Flow: observed days --------------------------------------------------------------------------------------

-- The bound on the date lets the executor skip the partitions of other years.
CREATE VIEW guyane.sagui_shown_flows AS
SELECT 'assimilated' AS dataset, s.cell_id, s.date, s.flow_median AS flow, s.flow_expected, s.flow_anomaly
FROM guyane.hyfaa_data_assimilated AS s
WHERE s.date >= (SELECT min(d.date) FROM guyane.sagui_shown_days AS d WHERE d.tablename = 'hyfaa_data_assimilated')
UNION ALL
SELECT 'mgbstandard', s.cell_id, s.date, s.flow_mean, s.flow_expected, s.flow_anomaly
FROM guyane.hyfaa_data_mgbstandard AS s
WHERE s.date >= (SELECT min(d.date) FROM guyane.sagui_shown_days AS d WHERE d.tablename = 'hyfaa_data_mgbstandard');
COMMENT ON VIEW guyane.sagui_shown_flows IS
    'Flows [m3/s] and anomalies [%] of the shown days of both datasets: the median of assimilated, the mean of '
    'mgbstandard. NULL: HYFAA gives none; expected and anomaly also: no earlier year.';

CREATE VIEW guyane.sagui_shown_flow_json AS
SELECT
    c.dataset,
    c.cell_id,
    ('[' || string_agg(
        d.item || guyane.json_integer(s.flow)
        || ',"flow_anomaly":' || guyane.json_integer(s.flow_anomaly) || guyane.json_gap(d.rank) || '}',
        ',' ORDER BY d.rank
    ) || ']')::json AS values
FROM (SELECT DISTINCT dataset, cell_id FROM guyane.sagui_shown_flows) AS c
JOIN (
    SELECT substr(tablename, length('hyfaa_data_') + 1) AS dataset, date, rank,
           '{"date":"' || date || '","flow":' AS item
    FROM guyane.sagui_shown_days
) AS d USING (dataset)
LEFT JOIN guyane.sagui_shown_flows AS s USING (dataset, cell_id, date)
GROUP BY c.dataset, c.cell_id;
COMMENT ON VIEW guyane.sagui_shown_flow_json IS
    'Per dataset and cell with rows on the shown days: JSON array, newest first, of date, flow [m3/s], flow_anomaly '
    '[%] as integers. All cells list the same days; null where a value is missing.';

CREATE VIEW guyane.hyfaa_data_assimilated_aggregate_json AS
SELECT cell_id, values FROM guyane.sagui_shown_flow_json WHERE dataset = 'assimilated';
COMMENT ON VIEW guyane.hyfaa_data_assimilated_aggregate_json IS
    'sagui_shown_flow_json of dataset assimilated. No column is ever NULL.';

CREATE VIEW guyane.hyfaa_data_mgbstandard_aggregate_json AS
SELECT cell_id, values FROM guyane.sagui_shown_flow_json WHERE dataset = 'mgbstandard';
COMMENT ON VIEW guyane.hyfaa_data_mgbstandard_aggregate_json IS
    'sagui_shown_flow_json of dataset mgbstandard. No column is ever NULL.';

CREATE MATERIALIZED VIEW guyane.hyfaa_data_with_assimilated_aggregate_geo AS
SELECT j.cell_id, j.values, r.ordem, r.width, r.depth, r.geom
FROM guyane.hyfaa_data_assimilated_aggregate_json AS j
JOIN guyane.hyfaa_drainage_shown AS r ON r.mini = j.cell_id;
COMMENT ON MATERIALIZED VIEW guyane.hyfaa_data_with_assimilated_aggregate_geo IS
    'Rivers with their flow of the 15 newest days, dataset assimilated. values: JSON array, newest first, of date, '
    'flow [m3/s], flow_anomaly [%], null where missing. No column is ever NULL.';

CREATE MATERIALIZED VIEW guyane.hyfaa_data_with_mgbstandard_aggregate_geo AS
SELECT j.cell_id, j.values, r.ordem, r.width, r.depth, r.geom
FROM guyane.hyfaa_data_mgbstandard_aggregate_json AS j
JOIN guyane.hyfaa_drainage_shown AS r ON r.mini = j.cell_id;
COMMENT ON MATERIALIZED VIEW guyane.hyfaa_data_with_mgbstandard_aggregate_geo IS
    'Rivers with their flow of the 15 newest days, dataset mgbstandard. values: JSON array, newest first, of date, '
    'flow [m3/s], flow_anomaly [%], null where missing. No column is ever NULL.';

-- Flow: forecast -------------------------------------------------------------------------------------------

-- The value shown is the value the anomaly was computed from: the mean only when one member has no median.
CREATE VIEW guyane.sagui_shown_forecasts AS
WITH newest AS (
    SELECT dataset.name AS dataset, coalesce(max(d.date), '-infinity') AS date
    FROM (VALUES ('assimilated'), ('mgbstandard')) AS dataset (name)
    LEFT JOIN guyane.sagui_shown_days AS d ON d.tablename = 'hyfaa_data_' || dataset.name
    GROUP BY dataset.name
)
SELECT n.dataset, 'forecast' AS source, f.cell_id, f.date,
       coalesce(f.flow_median, f.flow_mean) AS flow, f.flow_expected, f.flow_anomaly
FROM guyane.hyfaa_data_forecast AS f
JOIN newest AS n ON f.date > n.date
UNION ALL
SELECT s.dataset, s.dataset, s.cell_id, s.date, s.flow, s.flow_expected, s.flow_anomaly
FROM guyane.sagui_shown_flows AS s
JOIN guyane.sagui_shown_days AS d ON d.tablename = 'hyfaa_data_' || s.dataset AND d.date = s.date AND d.rank <= 10;
COMMENT ON VIEW guyane.sagui_shown_forecasts IS
    'Per dataset: its 10 newest observed days (source: the dataset), then the forecast days after them (source: '
    'forecast). Flows [m3/s], anomaly against the floating median [%]; NULL as in the series.';

CREATE VIEW guyane.hyfaa_forecast_with_assimilated AS
SELECT source, cell_id, date,
       round(flow) + 0 AS flow, round(flow_expected) + 0 AS flow_expected, round(flow_anomaly) + 0 AS flow_anomaly
FROM guyane.sagui_shown_forecasts WHERE dataset = 'assimilated';
COMMENT ON VIEW guyane.hyfaa_forecast_with_assimilated IS
    'sagui_shown_forecasts of dataset assimilated, numbers rounded half to even; NULL as there.';

CREATE VIEW guyane.hyfaa_forecast_with_mgbstandard AS
SELECT source, cell_id, date,
       round(flow) + 0 AS flow, round(flow_expected) + 0 AS flow_expected, round(flow_anomaly) + 0 AS flow_anomaly
FROM guyane.sagui_shown_forecasts WHERE dataset = 'mgbstandard';
COMMENT ON VIEW guyane.hyfaa_forecast_with_mgbstandard IS
    'sagui_shown_forecasts of dataset mgbstandard, numbers rounded half to even; NULL as there.';

CREATE VIEW guyane.sagui_shown_forecast_json AS
SELECT
    c.dataset,
    c.cell_id,
    ('[' || string_agg(
        d.item || guyane.json_integer(f.flow)
        || ',"flow_anomaly":' || guyane.json_integer(f.flow_anomaly) || d.gap || '}',
        ',' ORDER BY d.date DESC
    ) || ']')::json AS values
FROM (SELECT DISTINCT dataset, cell_id FROM guyane.sagui_shown_forecasts) AS c
JOIN (
    SELECT dataset, date, '{"source":"' || source || '","date":"' || date || '","flow":' AS item,
           guyane.json_gap(rank() OVER (PARTITION BY dataset ORDER BY date DESC)::integer) AS gap
    FROM (SELECT DISTINCT dataset, source, date FROM guyane.sagui_shown_forecasts) AS day
) AS d USING (dataset)
LEFT JOIN guyane.sagui_shown_forecasts AS f USING (dataset, cell_id, date)
WHERE c.cell_id IN (SELECT r.mini FROM guyane.hyfaa_drainage_shown AS r)
GROUP BY c.dataset, c.cell_id;
COMMENT ON VIEW guyane.sagui_shown_forecast_json IS
    'Per dataset and river of the map: JSON array, newest first, of source, date, flow [m3/s], flow_anomaly [%] as '
    'integers. All rivers list the same days; null where a value is missing.';

CREATE MATERIALIZED VIEW guyane.hyfaa_forecast_with_assimilated_aggregate_geo AS
SELECT j.cell_id, j.values, r.ordem, r.width, r.depth, r.geom
FROM guyane.sagui_shown_forecast_json AS j
JOIN guyane.hyfaa_drainage_shown AS r ON r.mini = j.cell_id
WHERE j.dataset = 'assimilated';
COMMENT ON MATERIALIZED VIEW guyane.hyfaa_forecast_with_assimilated_aggregate_geo IS
    'Rivers with 10 observed days and the forecast days after them, dataset assimilated. values: JSON array, newest '
    'first, of source, date, flow [m3/s], flow_anomaly [%], null where missing. No column is ever NULL.';

CREATE MATERIALIZED VIEW guyane.hyfaa_forecast_with_mgbstandard_aggregate_geo AS
SELECT j.cell_id, j.values, r.ordem, r.width, r.depth, r.geom
FROM guyane.sagui_shown_forecast_json AS j
JOIN guyane.hyfaa_drainage_shown AS r ON r.mini = j.cell_id
WHERE j.dataset = 'mgbstandard';
COMMENT ON MATERIALIZED VIEW guyane.hyfaa_forecast_with_mgbstandard_aggregate_geo IS
    'Rivers with 10 observed days and the forecast days after them, dataset mgbstandard. values: JSON array, newest '
    'first, of source, date, flow [m3/s], flow_anomaly [%], null where missing. No column is ever NULL.';

-- Rain -----------------------------------------------------------------------------------------------------
-- Clients blank the whole layer when one polygon lacks a day, so a polygon with a gap is left out.

CREATE VIEW guyane.sagui_shown_rain AS
SELECT r.cell_id, r.date, d.rank, r.rain
FROM guyane.sagui_rainfall AS r
JOIN guyane.sagui_shown_days AS d ON d.tablename = 'sagui_rainfall' AND d.date = r.date
WHERE r.date >= (SELECT min(d.date) FROM guyane.sagui_shown_days AS d WHERE d.tablename = 'sagui_rainfall');
COMMENT ON VIEW guyane.sagui_shown_rain IS
    'Rain [mm/day] of the shown days, unrounded. No column is ever NULL; a missing value has no row.';

CREATE VIEW guyane.sagui_shown_subbasin_rain AS
SELECT c.sub, r.date, r.rank, sum(r.rain * c.area_km2) / sum(c.area_km2) AS rain
FROM guyane.sagui_shown_rain AS r
JOIN guyane.hyfaa_catchments_shown AS c ON c.mini = r.cell_id
GROUP BY c.sub, r.date, r.rank
HAVING sum(c.area_km2) > 0;
COMMENT ON VIEW guyane.sagui_shown_subbasin_rain IS
    'Rain [mm/day] of the shown days per sub-basin: mean of its catchments weighted by area, unrounded. A catchment '
    'without a value does not count on that day. No column is ever NULL.';

CREATE MATERIALIZED VIEW guyane.rainfall_minibasin_aggregated_geo AS
SELECT 'mini_' || j.cell_id AS id, j.values, c.geom
FROM (
    SELECT r.cell_id,
        ('[' || string_agg(
            '{"date":"' || r.date || '","rain":' || guyane.json_integer(r.rain) || '}', ',' ORDER BY r.rank
        ) || ']')::json AS values
    FROM guyane.sagui_shown_rain AS r
    GROUP BY r.cell_id
    HAVING count(*) = (SELECT count(*) FROM guyane.sagui_shown_days WHERE tablename = 'sagui_rainfall')
) AS j
JOIN guyane.hyfaa_catchments_shown AS c ON c.mini = j.cell_id;
COMMENT ON MATERIALIZED VIEW guyane.rainfall_minibasin_aggregated_geo IS
    'Catchments with their rain of the 15 newest days. values: JSON array, newest first, of date, rain [mm/day]. '
    'A catchment that lacks one of the days is left out. No column is ever NULL.';

CREATE MATERIALIZED VIEW guyane.rainfall_subbasin_aggregated_geo AS
SELECT 'sub_' || j.sub AS id, j.values, s.geom
FROM (
    SELECT m.sub,
        ('[' || string_agg(
            '{"date":"' || m.date || '","rain":' || guyane.json_integer(m.rain) || '}', ',' ORDER BY m.rank
        ) || ']')::json AS values
    FROM guyane.sagui_shown_subbasin_rain AS m
    GROUP BY m.sub
    HAVING count(*) = (SELECT count(*) FROM guyane.sagui_shown_days WHERE tablename = 'sagui_rainfall')
) AS j
JOIN guyane.hyfaa_catchments_subbasins AS s ON s.id = j.sub;
COMMENT ON MATERIALIZED VIEW guyane.rainfall_subbasin_aggregated_geo IS
    'Sub-basins with their rain of the 15 newest days: mean of their catchments weighted by area, rounded only for '
    'display. values: JSON array, newest first, of date, rain [mm/day]. A sub-basin without any value on one of the '
    'days is left out; a catchment without a value does not count on that day. No column is ever NULL.';

-- Indexes of published layers: one to refresh concurrently, one for tiles -------------------------------------

CREATE UNIQUE INDEX hyfaa_data_with_assimilated_aggregate_geo_cell
    ON guyane.hyfaa_data_with_assimilated_aggregate_geo (cell_id);
CREATE INDEX hyfaa_data_with_assimilated_aggregate_geo_geom
    ON guyane.hyfaa_data_with_assimilated_aggregate_geo USING gist (geom);
CREATE UNIQUE INDEX hyfaa_data_with_mgbstandard_aggregate_geo_cell
    ON guyane.hyfaa_data_with_mgbstandard_aggregate_geo (cell_id);
CREATE INDEX hyfaa_data_with_mgbstandard_aggregate_geo_geom
    ON guyane.hyfaa_data_with_mgbstandard_aggregate_geo USING gist (geom);
CREATE UNIQUE INDEX hyfaa_forecast_with_assimilated_aggregate_geo_cell
    ON guyane.hyfaa_forecast_with_assimilated_aggregate_geo (cell_id);
CREATE INDEX hyfaa_forecast_with_assimilated_aggregate_geo_geom
    ON guyane.hyfaa_forecast_with_assimilated_aggregate_geo USING gist (geom);
CREATE UNIQUE INDEX hyfaa_forecast_with_mgbstandard_aggregate_geo_cell
    ON guyane.hyfaa_forecast_with_mgbstandard_aggregate_geo (cell_id);
CREATE INDEX hyfaa_forecast_with_mgbstandard_aggregate_geo_geom
    ON guyane.hyfaa_forecast_with_mgbstandard_aggregate_geo USING gist (geom);
CREATE UNIQUE INDEX rainfall_minibasin_aggregated_geo_id ON guyane.rainfall_minibasin_aggregated_geo (id);
CREATE INDEX rainfall_minibasin_aggregated_geo_geom ON guyane.rainfall_minibasin_aggregated_geo USING gist (geom);
CREATE UNIQUE INDEX rainfall_subbasin_aggregated_geo_id ON guyane.rainfall_subbasin_aggregated_geo (id);
CREATE INDEX rainfall_subbasin_aggregated_geo_geom ON guyane.rainfall_subbasin_aggregated_geo USING gist (geom);

-- Dataset switch: only the chosen half is ever executed ----------------------------------------------------------

CREATE VIEW guyane.hyfaa_data_aggregated_geo AS
SELECT cell_id, values, width, depth, geom
FROM guyane.hyfaa_data_with_assimilated_aggregate_geo
WHERE coalesce((SELECT c.use_dataset FROM guyane.sagui_saguiconfig AS c), 'assimilated') = 'assimilated'
UNION ALL
SELECT cell_id, values, width, depth, geom
FROM guyane.hyfaa_data_with_mgbstandard_aggregate_geo
WHERE (SELECT c.use_dataset FROM guyane.sagui_saguiconfig AS c) = 'mgbstandard';
COMMENT ON VIEW guyane.hyfaa_data_aggregated_geo IS
    'Flow map of the configured dataset. values: JSON array, newest first, of date, flow [m3/s], flow_anomaly [%], '
    'null where missing. No column is ever NULL.';

CREATE VIEW guyane.hyfaa_forecast_aggregated_geo AS
SELECT cell_id, values, width, depth, geom
FROM guyane.hyfaa_forecast_with_assimilated_aggregate_geo
WHERE coalesce((SELECT c.use_dataset FROM guyane.sagui_saguiconfig AS c), 'assimilated') = 'assimilated'
UNION ALL
SELECT cell_id, values, width, depth, geom
FROM guyane.hyfaa_forecast_with_mgbstandard_aggregate_geo
WHERE (SELECT c.use_dataset FROM guyane.sagui_saguiconfig AS c) = 'mgbstandard';
COMMENT ON VIEW guyane.hyfaa_forecast_aggregated_geo IS
    'Forecast map of the configured dataset. values: JSON array, newest first, of source, date, flow [m3/s], '
    'flow_anomaly [%], null where missing. No column is ever NULL.';
