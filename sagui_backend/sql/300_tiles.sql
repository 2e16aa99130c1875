-- Tiles made by a function, and the publication of all layers.

CREATE OR REPLACE FUNCTION guyane.mvt_rainfall(z integer, x integer, y integer) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE STRICT SET search_path = guyane, public, pg_temp
AS $$
    WITH tile AS (SELECT st_tileenvelope(z, x, y) AS envelope)
    SELECT st_asmvt(feature, 'default', 4096, 'geom')
    FROM (
        SELECT s.id, s.values, st_asmvtgeom(s.geom, tile.envelope, 4096, 256, true) AS geom
        FROM tile JOIN rainfall_subbasin_aggregated_geo AS s ON s.geom && tile.envelope
        WHERE z < 10
        UNION ALL
        SELECT m.id, m.values, st_asmvtgeom(m.geom, tile.envelope, 4096, 256, true)
        FROM tile JOIN rainfall_minibasin_aggregated_geo AS m ON m.geom && tile.envelope
        WHERE z >= 10
    ) AS feature
    WHERE feature.geom IS NOT NULL
$$;
COMMENT ON FUNCTION guyane.mvt_rainfall(integer, integer, integer) IS
    'Vector tile of rain, layer default, properties id and values: sub-basins below zoom 10, minibasins from there '
    'on. An empty tile is zero bytes; NULL only for a NULL argument.';


CREATE OR REPLACE FUNCTION guyane.layer_content(
    relation text, key_column text, OUT content text, OUT feature_count integer
)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    EXECUTE format(
        'SELECT md5(coalesce(string_agg(md5(t::text), '''' ORDER BY t.%I), '''')), count(*)::integer
         FROM guyane.%I AS t',
        key_column, relation
    ) INTO STRICT content, feature_count;
END
$$;
COMMENT ON FUNCTION guyane.layer_content(text, text) IS
    'Checksum of all rows of a relation in the order of a key, and their number; never NULL.';


CREATE OR REPLACE FUNCTION guyane.published_content()
RETURNS TABLE (layer text, data_version text, first_date date, last_date date, feature_count integer)
LANGUAGE sql STABLE SET search_path = guyane, public, pg_temp
AS $$
    WITH relation AS MATERIALIZED (
        SELECT r.name, r.dataset, c.content, c.feature_count
        FROM (VALUES
            ('hyfaa_drainage', 'mini', NULL),
            ('hyfaa_data_with_assimilated_aggregate_geo', 'cell_id', 'assimilated'),
            ('hyfaa_data_with_mgbstandard_aggregate_geo', 'cell_id', 'mgbstandard'),
            ('hyfaa_forecast_with_assimilated_aggregate_geo', 'cell_id', 'assimilated'),
            ('hyfaa_forecast_with_mgbstandard_aggregate_geo', 'cell_id', 'mgbstandard'),
            ('rainfall_minibasin_aggregated_geo', 'id', NULL),
            ('rainfall_subbasin_aggregated_geo', 'id', NULL)
        ) AS r (name, key_column, dataset)
        CROSS JOIN LATERAL layer_content(r.name, r.key_column) AS c
    ),
    days AS (
        SELECT 'hyfaa_forecast' AS family, 'assimilated' AS dataset, min(f.date) AS first_date, max(f.date) AS last_date
        FROM hyfaa_forecast_with_assimilated AS f
        UNION ALL
        SELECT 'hyfaa_forecast', 'mgbstandard', min(f.date), max(f.date) FROM hyfaa_forecast_with_mgbstandard AS f
        UNION ALL
        SELECT 'hyfaa_data', substr(d.tablename, 12), min(d.date), max(d.date)
        FROM sagui_shown_days AS d WHERE d.tablename LIKE 'hyfaa_data_%' GROUP BY d.tablename
        UNION ALL
        SELECT 'rainfall', NULL, min(d.date), max(d.date) FROM sagui_shown_days AS d WHERE d.tablename = 'sagui_rainfall'
    ),
    layer AS (
        SELECT r.name, r.content, r.feature_count, d.first_date, d.last_date, r.dataset
        FROM relation AS r
        LEFT JOIN days AS d ON starts_with(r.name, d.family) AND d.dataset IS NOT DISTINCT FROM r.dataset
    )
    SELECT l.name, l.content,
           CASE WHEN l.feature_count > 0 THEN l.first_date END,
           CASE WHEN l.feature_count > 0 THEN l.last_date END,
           l.feature_count
    FROM (
        SELECT l.name, l.content, l.first_date, l.last_date, l.feature_count FROM layer AS l
        UNION ALL
        SELECT replace(l.name, 'with_' || l.dataset || '_aggregate', 'aggregated'),
               l.content, l.first_date, l.last_date, l.feature_count
        FROM layer AS l
        WHERE l.dataset = coalesce((SELECT c.use_dataset FROM sagui_saguiconfig AS c), 'assimilated')
        UNION ALL
        SELECT 'mvt_rainfall', md5(string_agg(l.content, '' ORDER BY l.name)),
               min(l.first_date), max(l.last_date), sum(l.feature_count)::integer
        FROM layer AS l WHERE starts_with(l.name, 'rainfall')
    ) AS l
$$;
COMMENT ON FUNCTION guyane.published_content() IS
    'Per published layer: checksum of its content, first and last day shown, number of features. Days are NULL when '
    'the layer is empty or shows no days.';


CREATE OR REPLACE FUNCTION guyane.publish_layers()
RETURNS TABLE (
    layer text, data_version text, changed boolean, first_date date, last_date date, feature_count integer
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = guyane, public, pg_temp
SET jit = off  -- compiling these queries takes longer than running them
SET work_mem = '64MB'
AS $$
#variable_conflict use_column
DECLARE
    relation text;
BEGIN
    -- One publication at a time, and no load between two layers: all show the same days.
    LOCK TABLE sagui_publication IN SHARE ROW EXCLUSIVE MODE;
    LOCK TABLE sagui_importday IN SHARE MODE;

    REFRESH MATERIALIZED VIEW CONCURRENTLY hyfaa_drainage_shown;
    -- Dissolving catchments is slow and they hardly ever change.
    IF EXISTS (
        SELECT FROM hyfaa_catchments AS c
        FULL JOIN hyfaa_catchments_shown AS s USING (mini)
        WHERE s.fingerprint IS DISTINCT FROM md5(c.sub::text || st_asewkb(c.geom)::text)
    ) THEN
        REFRESH MATERIALIZED VIEW CONCURRENTLY hyfaa_catchments_shown;
        REFRESH MATERIALIZED VIEW CONCURRENTLY hyfaa_catchments_subbasins;
    END IF;
    FOREACH relation IN ARRAY ARRAY[
        'hyfaa_data_with_assimilated_aggregate_geo',
        'hyfaa_data_with_mgbstandard_aggregate_geo',
        'hyfaa_forecast_with_assimilated_aggregate_geo',
        'hyfaa_forecast_with_mgbstandard_aggregate_geo',
        'rainfall_minibasin_aggregated_geo',
        'rainfall_subbasin_aggregated_geo'
    ] LOOP
        EXECUTE format('REFRESH MATERIALIZED VIEW CONCURRENTLY guyane.%I', relation);
    END LOOP;
    -- The first tiles must not wait for autovacuum to learn that the layers are no longer empty.
    FOR relation IN
        SELECT c.relname FROM pg_class AS c
        WHERE c.relnamespace = 'guyane'::regnamespace AND c.relkind = 'm' AND c.reltuples <= 0
    LOOP
        EXECUTE format('ANALYZE guyane.%I', relation);
    END LOOP;

    RETURN QUERY
    WITH content AS MATERIALIZED (SELECT * FROM published_content()),
    written AS (
        INSERT INTO sagui_publication AS p
            (layer, data_version, published_at, first_date, last_date, feature_count)
        SELECT c.layer, c.data_version, now(), c.first_date, c.last_date, c.feature_count FROM content AS c
        ON CONFLICT (layer) DO UPDATE SET
            data_version = excluded.data_version,
            published_at = excluded.published_at,
            first_date = excluded.first_date,
            last_date = excluded.last_date,
            feature_count = excluded.feature_count
        WHERE p.data_version <> excluded.data_version
    )
    SELECT c.layer, c.data_version, p.data_version IS DISTINCT FROM c.data_version,
           c.first_date, c.last_date, c.feature_count
    FROM content AS c
    LEFT JOIN sagui_publication AS p ON p.layer = c.layer
    ORDER BY c.layer;
END
$$;
COMMENT ON FUNCTION guyane.publish_layers() IS
    'Renews every published layer from the tables, in one transaction and without blocking readers. One row per '
    'layer: data_version changes exactly when its content does; days are NULL when it is empty or shows no days.';
