-- Every edit that alters published data leaves a row in sagui_configurationchange, whoever makes it and how. The
-- pipelines are left out: what they load, they publish. Only this function may write there.

CREATE FUNCTION guyane.record_change(what text, detail text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO guyane.sagui_configurationchange (what, detail, who)
    SELECT what, coalesce(detail, ''), coalesce(nullif(current_setting('sagui.who', true), ''), session_user)
    WHERE session_user <> 'sagui_pipelines'
$$;

CREATE FUNCTION guyane.record_station_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    was guyane.hyfaa_stations := CASE WHEN TG_OP <> 'INSERT' THEN OLD END;
    now guyane.hyfaa_stations := CASE WHEN TG_OP <> 'DELETE' THEN NEW END;
    label text := format('%s %s', coalesce(now.id, was.id), coalesce(now.name, was.name));
BEGIN
    IF (was.code, was.name, was.river, was.minibasin_id, ST_AsEWKB(was.geom))
        IS DISTINCT FROM (now.code, now.name, now.river, now.minibasin_id, ST_AsEWKB(now.geom))
    THEN
        PERFORM guyane.record_change('station', label);
    END IF;
    IF (was.threshold_drought, was.threshold_flood_low, was.threshold_flood_mid, was.threshold_flood_high)
        IS DISTINCT FROM
        (now.threshold_drought, now.threshold_flood_low, now.threshold_flood_mid, now.threshold_flood_high)
    THEN
        PERFORM guyane.record_change('thresholds', label);
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION guyane.record_mask_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    was guyane.hyfaa_geo_inclusion_mask := CASE WHEN TG_OP <> 'INSERT' THEN OLD END;
    now guyane.hyfaa_geo_inclusion_mask := CASE WHEN TG_OP <> 'DELETE' THEN NEW END;
BEGIN
    IF ST_AsEWKB(was.mask) IS DISTINCT FROM ST_AsEWKB(now.mask) THEN
        PERFORM guyane.record_change('mask', format('%s %s', coalesce(now.id, was.id), coalesce(now.name, was.name)));
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION guyane.record_config_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF OLD.use_dataset <> NEW.use_dataset THEN
        PERFORM guyane.record_change('dataset', format('%s > %s', OLD.use_dataset, NEW.use_dataset));
    END IF;
    IF OLD.max_ordem <> NEW.max_ordem THEN
        PERFORM guyane.record_change('minimum_order', format('%s > %s', OLD.max_ordem, NEW.max_ordem));
    END IF;
    RETURN NULL;
END
$$;

-- Argument: what was changed. Once per statement, for tables whose rows change together.
CREATE FUNCTION guyane.record_rows_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    touched bigint := (SELECT count(*) FROM touched);
BEGIN
    IF touched > 0 THEN
        PERFORM guyane.record_change(TG_ARGV[0], format('%s %s', lower(TG_OP), touched));
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON guyane.hyfaa_stations
    FOR EACH ROW EXECUTE FUNCTION guyane.record_station_change();
CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON guyane.hyfaa_geo_inclusion_mask
    FOR EACH ROW EXECUTE FUNCTION guyane.record_mask_change();
CREATE TRIGGER record_change AFTER UPDATE ON guyane.sagui_saguiconfig
    FOR EACH ROW EXECUTE FUNCTION guyane.record_config_change();

CREATE TRIGGER record_insert AFTER INSERT ON guyane.stations_reference_flow
    REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION guyane.record_rows_change('reference_flow');
CREATE TRIGGER record_update AFTER UPDATE ON guyane.stations_reference_flow
    REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION guyane.record_rows_change('reference_flow');
CREATE TRIGGER record_delete AFTER DELETE ON guyane.stations_reference_flow
    REFERENCING OLD TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION guyane.record_rows_change('reference_flow');

CREATE TRIGGER record_insert AFTER INSERT ON guyane.sagui_atmoalertcategories
    REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION guyane.record_rows_change('air_category');
CREATE TRIGGER record_update AFTER UPDATE ON guyane.sagui_atmoalertcategories
    REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION guyane.record_rows_change('air_category');
CREATE TRIGGER record_delete AFTER DELETE ON guyane.sagui_atmoalertcategories
    REFERENCING OLD TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION guyane.record_rows_change('air_category');

REVOKE EXECUTE ON FUNCTION guyane.record_change(text, text) FROM PUBLIC;

COMMENT ON FUNCTION guyane.record_change(text, text) IS
    'Notes one edit of published data under the administrator''s or the role''s name, unless a pipeline made it.';
COMMENT ON FUNCTION guyane.record_station_change() IS 'Trigger: notes edits of a station and of its thresholds.';
COMMENT ON FUNCTION guyane.record_mask_change() IS 'Trigger: notes edits of the area of an inclusion mask.';
COMMENT ON FUNCTION guyane.record_config_change() IS 'Trigger: notes another dataset or another minimum order.';
COMMENT ON FUNCTION guyane.record_rows_change() IS
    'Trigger: notes once per statement that rows were inserted, updated or deleted; its argument says of what.';
