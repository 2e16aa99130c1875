-- Who may do what. Everything is revoked first, so what stands here is all there is.

REVOKE ALL ON SCHEMA guyane FROM PUBLIC, sagui_pipelines, sagui_api, tileserv;
REVOKE ALL ON ALL TABLES IN SCHEMA guyane FROM PUBLIC, sagui_pipelines, sagui_api, tileserv;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA guyane FROM PUBLIC, sagui_pipelines, sagui_api, tileserv;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA guyane FROM PUBLIC, sagui_pipelines, sagui_api, tileserv;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

GRANT USAGE ON SCHEMA guyane TO sagui_pipelines, sagui_api, tileserv;

-- Functions inside views run with the caller's rights.
GRANT EXECUTE ON FUNCTION
    guyane.json_integer(double precision),
    guyane.json_gap(integer),
    guyane.source_of_tile(text, integer),
    guyane.station_place(public.geometry, integer)
TO sagui_pipelines, sagui_api;


-- Tile server: a function per layer, which runs with the owner's rights, and no table at all. This list is the list of
-- layers: the cache and the catalogue read it from the database (sagui_tile_layers).

GRANT EXECUTE ON FUNCTION
    guyane.hyfaa_drainage(integer, integer, integer, text),
    guyane.hyfaa_data_aggregated_geo(integer, integer, integer, text),
    guyane.hyfaa_forecast_aggregated_geo(integer, integer, integer, text),
    guyane.hyfaa_data_with_assimilated_aggregate_geo(integer, integer, integer, text),
    guyane.hyfaa_data_with_mgbstandard_aggregate_geo(integer, integer, integer, text),
    guyane.hyfaa_forecast_with_assimilated_aggregate_geo(integer, integer, integer, text),
    guyane.hyfaa_forecast_with_mgbstandard_aggregate_geo(integer, integer, integer, text),
    guyane.rainfall_minibasin_aggregated_geo(integer, integer, integer, text),
    guyane.rainfall_subbasin_aggregated_geo(integer, integer, integer, text),
    guyane.mvt_rainfall(integer, integer, integer, text),
    guyane.reaches(integer, integer, integer, text),
    guyane.catchments(integer, integer, integer, text),
    guyane.subbasins(integer, integer, integer, text),
    guyane.stations(integer, integer, integer, text)
TO tileserv;


-- Pipelines: write what they load, read what they compare with, publish. Partitions and refreshes only through
-- functions that run with the owner's rights.

GRANT SELECT ON ALL TABLES IN SCHEMA guyane TO sagui_pipelines;
REVOKE SELECT ON
    guyane.auth_group, guyane.auth_group_permissions, guyane.auth_permission, guyane.auth_user,
    guyane.auth_user_groups, guyane.auth_user_user_permissions, guyane.django_admin_log,
    guyane.django_content_type, guyane.django_session,
    guyane.sagui_alertsubscriptions, guyane.sagui_alertsubscriptions_stations_watch,
    guyane.sagui_referenceupload,
    guyane.axes_accessattempt, guyane.axes_accessattemptexpiration, guyane.axes_accessfailurelog, guyane.axes_accesslog
FROM sagui_pipelines;
GRANT INSERT, UPDATE, DELETE ON
    guyane.hyfaa_data_mgbstandard,
    guyane.hyfaa_data_assimilated,
    guyane.hyfaa_data_forecast,
    guyane.hyfaa_data_forecast_archive,
    guyane.sagui_rainfall,
    guyane.hyfaa_drainage,
    guyane.hyfaa_catchments,
    guyane.hyfaa_minibasins_data,
    guyane.hyfaa_stations,
    guyane.stations_reference_flow_period,
    guyane.stations_reference_flow,
    guyane.sagui_importstate,
    guyane.sagui_importday,
    guyane.sagui_importlog,
    guyane.sagui_refusedday,
    guyane.sagui_publication,
    guyane.sagui_tile,
    guyane.sagui_tileahead,
    guyane.sagui_dayvalues,
    guyane.sagui_document,
    guyane.sagui_cachetag
TO sagui_pipelines;
GRANT TRUNCATE ON guyane.sagui_tileahead TO sagui_pipelines;
-- What people were told stays on record.
GRANT INSERT, UPDATE ON guyane.sagui_incident, guyane.sagui_alarmmessage TO sagui_pipelines;
GRANT EXECUTE ON FUNCTION
    guyane.create_series_partition(text, integer),
    guyane.stage_series_partition(text, integer),
    guyane.attach_series_partition(text, integer),
    guyane.publish_layers(),
    guyane.reach_tile(integer, integer, integer, integer, integer)
TO sagui_pipelines;
-- A first import numbers stations 1 to n in the order of the file, whatever was rolled back before.
GRANT SELECT, UPDATE ON SEQUENCE guyane.hyfaa_stations_id_seq TO sagui_pipelines;


-- API and admin: read everything, write what people edit and what Django itself keeps.

GRANT SELECT ON ALL TABLES IN SCHEMA guyane TO sagui_api;
GRANT INSERT, UPDATE, DELETE ON
    guyane.hyfaa_stations,
    guyane.hyfaa_geo_inclusion_mask,
    guyane.stations_reference_flow_period,
    guyane.stations_reference_flow,
    guyane.sagui_atmoalertcategories,
    guyane.sagui_alertsubscriptions,
    guyane.sagui_alertsubscriptions_stations_watch,
    guyane.auth_group,
    guyane.auth_group_permissions,
    guyane.auth_user,
    guyane.auth_user_groups,
    guyane.auth_user_user_permissions,
    guyane.django_admin_log,
    guyane.django_session,
    guyane.sagui_referenceupload,
    guyane.axes_accessattempt,
    guyane.axes_accessattemptexpiration,
    guyane.axes_accessfailurelog,
    guyane.axes_accesslog
TO sagui_api;
GRANT UPDATE ON guyane.sagui_saguiconfig TO sagui_api;


-- Partitions made since the last time lost their rights above.

DO $$
BEGIN
    PERFORM guyane.grant_series_partition(c.relname)
    FROM pg_inherits AS i
    JOIN pg_class AS c ON c.oid = i.inhrelid
    JOIN pg_class AS p ON p.oid = i.inhparent
    WHERE p.relkind = 'p' AND c.relkind = 'r' AND p.relnamespace = 'guyane'::regnamespace;
END
$$;
