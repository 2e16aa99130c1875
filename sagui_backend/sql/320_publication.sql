-- Publication: every layer is renewed in one transaction, and knows its version.

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
        SELECT r.name, r.layer, r.dataset, c.content, c.feature_count
        FROM (VALUES
            ('sagui_reaches', 'mini', 'reaches', NULL),
            ('hyfaa_catchments_shown', 'mini', 'catchments', NULL),
            ('hyfaa_catchments_subbasins', 'id', 'subbasins', NULL),
            ('sagui_shown_stations', 'id', 'stations', NULL),
            ('hyfaa_data_with_assimilated_aggregate_geo', 'cell_id', NULL, 'assimilated'),
            ('hyfaa_data_with_mgbstandard_aggregate_geo', 'cell_id', NULL, 'mgbstandard'),
            ('hyfaa_forecast_with_assimilated_aggregate_geo', 'cell_id', NULL, 'assimilated'),
            ('hyfaa_forecast_with_mgbstandard_aggregate_geo', 'cell_id', NULL, 'mgbstandard'),
            ('rainfall_minibasin_aggregated_geo', 'id', NULL, NULL),
            ('rainfall_subbasin_aggregated_geo', 'id', NULL, NULL)
        ) AS r (name, key_column, layer, dataset)
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
        SELECT coalesce(r.layer, r.name) AS name, r.content, r.feature_count, d.first_date, d.last_date, r.dataset
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
        SELECT 'hyfaa_drainage', l.content, NULL, NULL, l.feature_count FROM layer AS l WHERE l.name = 'reaches'
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


CREATE OR REPLACE FUNCTION guyane.refresh_geography() RETURNS void
LANGUAGE plpgsql SET search_path = guyane, public, pg_temp
AS $$
DECLARE
    rivers_changed boolean := EXISTS (
        SELECT FROM hyfaa_drainage AS d
        LEFT JOIN hyfaa_minibasins_data AS m USING (mini)
        FULL JOIN sagui_reaches AS r ON r.mini = d.mini
        WHERE r.fingerprint IS DISTINCT FROM md5(concat_ws(' ', m.ordem, m.width, st_asewkb(d.geom)))
    );
    catchments_changed boolean := EXISTS (
        SELECT FROM hyfaa_catchments AS c
        FULL JOIN hyfaa_catchments_shown AS s USING (mini)
        WHERE s.fingerprint IS DISTINCT FROM md5(c.sub::text || st_asewkb(c.geom)::text)
    );
BEGIN
    IF rivers_changed THEN
        REFRESH MATERIALIZED VIEW CONCURRENTLY sagui_reaches;
    END IF;
    REFRESH MATERIALIZED VIEW CONCURRENTLY hyfaa_drainage_shown;
    IF catchments_changed THEN
        REFRESH MATERIALIZED VIEW CONCURRENTLY hyfaa_catchments_shown;
        REFRESH MATERIALIZED VIEW CONCURRENTLY hyfaa_catchments_subbasins;
    END IF;
    IF rivers_changed OR catchments_changed THEN
        REFRESH MATERIALIZED VIEW sagui_tile_geometry;
        ANALYZE sagui_tile_geometry;
    END IF;
END
$$;
COMMENT ON FUNCTION guyane.refresh_geography() IS
    'Renews what is derived from rivers, catchments, minimum order and mask; dissolving and cutting into tiles, which '
    'are slow, only when the shapes changed.';


CREATE OR REPLACE FUNCTION guyane.prepare_tiles(source text) RETURNS integer
LANGUAGE plpgsql SET search_path = guyane, public, pg_temp
AS $$
DECLARE
    d sagui_layer_definitions;
    made integer;
BEGIN
    SELECT * INTO STRICT d FROM sagui_layer_definitions AS l WHERE l.source = prepare_tiles.source;
    DELETE FROM sagui_tile AS t WHERE t.layer = prepare_tiles.source;
    EXECUTE format(
        'INSERT INTO sagui_tile (layer, z, x, y, content)
         SELECT %L, g.z, g.x, g.y, st_asmvt(f, %L, 4096, ''geom'', %L ORDER BY g.id)
         FROM sagui_tile_geometry AS g
         JOIN guyane.%I AS l ON %s
         CROSS JOIN LATERAL (SELECT %s, g.geom) AS f
         WHERE g.kind = %L AND g.z >= %s
         GROUP BY g.z, g.x, g.y',
        source, name_in_tile(source), d.feature_id, d.relation, d.joined_by, d.properties, d.kind, d.first_zoom
    );
    GET DIAGNOSTICS made = ROW_COUNT;
    RETURN made;
END
$$;
COMMENT ON FUNCTION guyane.prepare_tiles(text) IS
    'Makes the tiles of a source up to zoom 8 anew, and returns their number; never NULL.';


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

    PERFORM refresh_geography();
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

    CREATE TEMPORARY TABLE published ON COMMIT DROP AS SELECT * FROM published_content();
    PERFORM prepare_tiles(d.source)
    FROM sagui_layer_definitions AS d
    JOIN published AS c ON c.layer = CASE d.relation
        WHEN 'sagui_reaches' THEN 'reaches'
        WHEN 'hyfaa_catchments_shown' THEN 'catchments'
        WHEN 'hyfaa_catchments_subbasins' THEN 'subbasins'
        ELSE d.relation
    END
    LEFT JOIN sagui_publication AS p ON p.layer = c.layer
    WHERE d.kind IS NOT NULL
        AND (p.data_version IS DISTINCT FROM c.data_version
             OR NOT EXISTS (SELECT FROM sagui_tile AS t WHERE t.layer = d.source));

    RETURN QUERY
    WITH written AS (
        INSERT INTO sagui_publication AS p
            (layer, data_version, published_at, first_date, last_date, feature_count)
        SELECT c.layer, c.data_version, now(), c.first_date, c.last_date, c.feature_count FROM published AS c
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
    FROM published AS c
    LEFT JOIN sagui_publication AS p ON p.layer = c.layer
    ORDER BY c.layer;
END
$$;
COMMENT ON FUNCTION guyane.publish_layers() IS
    'Renews every published layer and its tiles from the tables, in one transaction and without blocking readers. One '
    'row per layer: data_version changes exactly when its content does; days are NULL when it is empty or shows no days.';


CREATE VIEW guyane.sagui_tile_layers AS
SELECT format('%s.%s', n.nspname, found.name) AS layer, left(p.data_version, 16) AS data_version
FROM (
    SELECT f.pronamespace AS schema_oid, f.proname AS name
    FROM pg_proc AS f
    WHERE f.prorettype = 'bytea'::regtype AND f.proargnames[1:3] = ARRAY['z', 'x', 'y']
        AND has_function_privilege('tileserv', f.oid, 'EXECUTE')
    UNION ALL
    SELECT c.relnamespace, c.relname
    FROM pg_class AS c
    WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND has_table_privilege('tileserv', c.oid, 'SELECT')
        AND EXISTS (
            SELECT FROM pg_attribute AS a
            WHERE a.attrelid = c.oid AND a.atttypid = 'public.geometry'::regtype
                AND public.postgis_typmod_srid(a.atttypmod) > 0
        )
) AS found
JOIN pg_namespace AS n ON n.oid = found.schema_oid AND has_schema_privilege('tileserv', n.oid, 'USAGE')
LEFT JOIN guyane.sagui_publication AS p ON n.nspname = 'guyane' AND p.layer = CASE found.name
    WHEN 'mvt_rainfall' THEN found.name
    ELSE regexp_replace(
        guyane.source_of_tile(found.name, 0), '_aggregated_geo:(.*)$', '_with_\1_aggregate_geo'
    )
END
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema');
COMMENT ON VIEW guyane.sagui_tile_layers IS
    'Layers that the tile server may show, found by its rights, with the version of their content for the dataset '
    'configured now. data_version is NULL before the first publication.';
