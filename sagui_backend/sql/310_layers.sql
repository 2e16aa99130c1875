-- The layers: what each is made of, and the function by which the tile server finds it.

CREATE OR REPLACE FUNCTION guyane.station_place(own_place public.geometry, cell integer) RETURNS public.geometry
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = guyane, public, pg_temp
AS $$
    SELECT CASE
        WHEN own_place IS NULL OR st_isempty(own_place)
            THEN (SELECT st_closestpoint(d.geom, st_centroid(d.geom)) FROM hyfaa_drainage AS d WHERE d.mini = cell)
        ELSE own_place
    END
$$;
COMMENT ON FUNCTION guyane.station_place(public.geometry, integer) IS
    'Where maps show a station, EPSG:4326: its own place or, without one, the middle of its river line, since clients '
    'cannot draw a station that is nowhere. NULL only for a cell without a line.';


CREATE VIEW guyane.sagui_shown_stations AS
SELECT s.id, s.name, s.river, s.minibasin_id AS cell_id,
       public.st_transform(guyane.station_place(s.geom, s.minibasin_id), 3857)::public.geometry(Point, 3857) AS geom
FROM guyane.hyfaa_stations AS s;
COMMENT ON VIEW guyane.sagui_shown_stations IS
    'Stations where maps show them, EPSG:3857, and the cell whose flow each shows. river is NULL when unknown.';

CREATE VIEW guyane.sagui_layer_definitions AS
SELECT river.source, river.relation, 'reach' AS kind, 'l.cell_id = g.id' AS joined_by, river.properties,
       NULL AS feature_id, 0 AS first_zoom, 256 AS buffer
FROM (VALUES ('hyfaa_data'), ('hyfaa_forecast')) AS family (name)
CROSS JOIN (VALUES ('assimilated'), ('mgbstandard')) AS dataset (name)
CROSS JOIN LATERAL (SELECT format('%s_with_%s_aggregate_geo', family.name, dataset.name) AS relation) AS l
CROSS JOIN LATERAL (VALUES
    (l.relation, l.relation, 'l.cell_id, l.values, l.ordem, l.width, l.depth'),
    (format('%s_aggregated_geo:%s', family.name, dataset.name), l.relation, 'l.cell_id, l.values, l.width, l.depth')
) AS river (source, relation, properties)
UNION ALL
SELECT * FROM (VALUES
    ('hyfaa_drainage', 'sagui_reaches', 'reach', 'l.mini = g.id', 'l.mini', 'mini', 0, 256),
    ('rainfall_minibasin_aggregated_geo', 'rainfall_minibasin_aggregated_geo',
     'catchment', 'l.id = ''mini_'' || g.id', 'l.id, l.values', NULL, 0, 256),
    ('rainfall_subbasin_aggregated_geo', 'rainfall_subbasin_aggregated_geo',
     'subbasin', 'l.id = ''sub_'' || g.id', 'l.id, l.values', NULL, 0, 256),
    ('mvt_rainfall:subbasin', 'rainfall_subbasin_aggregated_geo',
     'subbasin', 'l.id = ''sub_'' || g.id', 'l.id, l.values', NULL, 0, 256),
    ('mvt_rainfall:minibasin', 'rainfall_minibasin_aggregated_geo', NULL, NULL, 'l.id, l.values', NULL, 10, 256),
    ('reaches', 'sagui_reaches', NULL, NULL, 'l.mini, l.ordem, l.width', 'mini', 0, 64),
    ('catchments', 'hyfaa_catchments_shown', 'catchment', 'l.mini = g.id', 'l.mini, l.sub', 'mini', 8, 256),
    ('subbasins', 'hyfaa_catchments_subbasins', 'subbasin', 'l.id = g.id', 'l.id', 'id', 0, 256),
    ('stations', 'sagui_shown_stations', NULL, NULL, 'l.id, l.name, l.river, l.cell_id', 'id', 0, 256)
) AS other;
COMMENT ON VIEW guyane.sagui_layer_definitions IS
    'What tiles are made of. source: the layer, and after a colon its variant; relation: where its features come from; '
    'kind, joined_by: the shapes of sagui_tile_geometry that show them up to zoom 8, NULL where this file does not '
    'prepare tiles; properties; feature_id: the property that becomes the id of the feature, NULL for none; '
    'first_zoom: tiles before it are empty; buffer: units of 4096 drawn beyond the edge of the tile.';


CREATE OR REPLACE FUNCTION guyane.source_of_tile(layer text, z integer) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = guyane, public, pg_temp
AS $$
    SELECT CASE
        WHEN layer IN ('hyfaa_data_aggregated_geo', 'hyfaa_forecast_aggregated_geo')
            THEN layer || ':' || coalesce((SELECT c.use_dataset FROM sagui_saguiconfig AS c), 'assimilated')
        WHEN layer = 'mvt_rainfall' THEN layer || CASE WHEN z < 10 THEN ':subbasin' ELSE ':minibasin' END
        ELSE layer
    END
$$;
COMMENT ON FUNCTION guyane.source_of_tile(text, integer) IS
    'Source (sagui_layer_definitions) of a layer at a zoom, for the dataset configured now; never NULL for a layer.';


CREATE OR REPLACE FUNCTION guyane.name_in_tile(source text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
AS $$
    SELECT CASE WHEN source LIKE 'mvt_rainfall:%' THEN 'default' ELSE 'guyane.' || split_part(source, ':', 1) END
$$;
COMMENT ON FUNCTION guyane.name_in_tile(text) IS 'Name of the one layer inside the tiles of a source. NULL only for NULL.';


CREATE OR REPLACE FUNCTION guyane.live_tile(source text, z integer, x integer, y integer) RETURNS bytea
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = guyane, public, pg_temp
AS $$
DECLARE
    d sagui_layer_definitions;
    content bytea;
BEGIN
    SELECT * INTO STRICT d FROM sagui_layer_definitions AS l WHERE l.source = live_tile.source;
    IF z < d.first_zoom THEN
        RETURN '';
    END IF;
    EXECUTE format(
        'SELECT st_asmvt(f, %L, 4096, ''geom'', %L) FROM (
            SELECT %s, st_asmvtgeom(l.geom, $1, 4096, %s) AS geom
            FROM guyane.%I AS l WHERE l.geom && $2 ORDER BY 1
        ) AS f WHERE f.geom IS NOT NULL',
        name_in_tile(source), d.feature_id, d.properties, d.buffer, d.relation
    ) INTO content USING st_tileenvelope(z, x, y), st_tileenvelope(z, x, y, margin => d.buffer / 4096.0);
    RETURN content;
END
$$;
COMMENT ON FUNCTION guyane.live_tile(text, integer, integer, integer) IS
    'Tile of a source, made from its relation now. An empty tile is zero bytes; never NULL.';


CREATE OR REPLACE FUNCTION guyane.tile(layer text, z integer, x integer, y integer, edition text) RETURNS bytea
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = guyane, public, pg_temp
AS $$
DECLARE
    wanted text := source_of_tile(layer, z);
    prepared bytea;
BEGIN
    IF edition = 'ahead' THEN
        SELECT t.content INTO prepared
        FROM sagui_tileahead AS t
        WHERE t.layer = wanted AND t.z = tile.z AND t.x = tile.x AND t.y = tile.y;
        RETURN coalesce(prepared, '');
    END IF;
    SELECT t.content INTO prepared
    FROM sagui_tile AS t
    WHERE t.layer = wanted AND t.z = tile.z AND t.x = tile.x AND t.y = tile.y;
    RETURN coalesce(prepared, live_tile(wanted, z, x, y));
END
$$;
COMMENT ON FUNCTION guyane.tile(text, integer, integer, integer, text) IS
    'Tile of a layer: the prepared one, else made now; of edition `ahead` the one that the publication under way has '
    'prepared for the cache. An empty tile is zero bytes; never NULL.';


CREATE OR REPLACE FUNCTION guyane.reach_tile(z integer, x integer, y integer, tolerance integer, extent integer)
RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE STRICT SET search_path = guyane, public, pg_temp
AS $$
    -- Rivers of as many corners follow one another, from source to sea: alike bytes, which gzip packs well.
    SELECT st_asmvt(f, 'guyane.reaches', extent, 'geom', 'mini')
    FROM (
        SELECT r.mini, r.ordem, r.width, coalesce(coarse.geom, speck.geom) AS geom
        FROM sagui_reaches AS r
        CROSS JOIN LATERAL st_asmvtgeom(r.geom, st_tileenvelope(z, x, y), 4096, 64) AS fine (geom)
        CROSS JOIN LATERAL (
            SELECT st_snaptogrid(st_scale(st_simplify(fine.geom, tolerance, true), extent / 4096.0, extent / 4096.0), 1) AS geom
        ) AS snapped
        CROSS JOIN LATERAL (SELECT CASE WHEN st_length(snapped.geom) > 0 THEN snapped.geom END AS geom) AS coarse
        CROSS JOIN LATERAL (
            SELECT st_snaptogrid(st_scale(st_startpoint(st_geometryn(fine.geom, 1)), extent / 4096.0, extent / 4096.0), 1) AS geom
        ) AS start
        CROSS JOIN LATERAL (SELECT st_makeline(start.geom, st_translate(start.geom, 1, 0)) AS geom) AS speck
        WHERE r.geom && st_tileenvelope(z, x, y, margin => 64 / 4096.0) AND fine.geom IS NOT NULL
        ORDER BY st_npoints(coalesce(coarse.geom, speck.geom)), r.mini
    ) AS f
$$;
COMMENT ON FUNCTION guyane.reach_tile(integer, integer, integer, integer, integer) IS
    'Tile of layer reaches, simplified by at most `tolerance` of 4096 units and drawn on a grid of `extent` steps. The '
    'same rivers are in it whatever these are: one shorter than a step is drawn one step long. NULL only for NULL.';


DO $$
DECLARE
    layer record;
BEGIN
    -- The tile server calls these with the rights of their owner: its role can read no table.
    FOR layer IN
        SELECT * FROM (VALUES
            ('hyfaa_drainage', 'All rivers; the feature id is the cell.'),
            ('hyfaa_data_aggregated_geo', 'Flow and anomaly of the 15 newest days per river, of the configured dataset.'),
            ('hyfaa_forecast_aggregated_geo', '10 observed days and the forecast per river, of the configured dataset.'),
            ('hyfaa_data_with_assimilated_aggregate_geo', 'Flow and anomaly of the 15 newest days per river, dataset assimilated.'),
            ('hyfaa_data_with_mgbstandard_aggregate_geo', 'Flow and anomaly of the 15 newest days per river, dataset mgbstandard.'),
            ('hyfaa_forecast_with_assimilated_aggregate_geo', '10 observed days and the forecast per river, dataset assimilated.'),
            ('hyfaa_forecast_with_mgbstandard_aggregate_geo', '10 observed days and the forecast per river, dataset mgbstandard.'),
            ('rainfall_minibasin_aggregated_geo', 'Rain of the 15 newest days per catchment.'),
            ('rainfall_subbasin_aggregated_geo', 'Rain of the 15 newest days per sub-basin.'),
            ('mvt_rainfall', 'Rain of the 15 newest days: sub-basins below zoom 10, catchments from there on.'),
            ('reaches', 'All rivers, without values: computing order and width [m]; the feature id is the cell.'),
            ('catchments', 'Catchments from zoom 8 on, without values: sub-basin; the feature id is the cell.'),
            ('subbasins', 'Sub-basins, without values; the feature id is the sub-basin.'),
            ('stations', 'Stations: name, river, cell; the feature id is the station.')
        ) AS l (name, meaning)
    LOOP
        EXECUTE format(
            'CREATE OR REPLACE FUNCTION guyane.%1$I(z integer, x integer, y integer, edition text DEFAULT '''')
             RETURNS bytea
             LANGUAGE sql STABLE PARALLEL SAFE STRICT SECURITY DEFINER SET search_path = guyane, public, pg_temp
             AS $f$ SELECT guyane.tile(%1$L, z, x, y, edition) $f$;
             COMMENT ON FUNCTION guyane.%1$I(integer, integer, integer, text) IS %2$L',
            layer.name, layer.meaning
        );
    END LOOP;
END
$$;
