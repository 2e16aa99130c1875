-- Another formula behind a station's reference flows alters what its flows are compared with.
CREATE FUNCTION guyane.record_conversion_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM guyane.record_change(
        'reference_flow', format('%s %s: %s', NEW.id, NEW.name, coalesce(NEW.reference_conversion, 'f'))
    );
    RETURN NULL;
END
$$;

CREATE TRIGGER record_conversion AFTER UPDATE OF reference_conversion ON guyane.hyfaa_stations
    FOR EACH ROW WHEN (OLD.reference_conversion IS DISTINCT FROM NEW.reference_conversion)
    EXECUTE FUNCTION guyane.record_conversion_change();

COMMENT ON FUNCTION guyane.record_conversion_change() IS
    'Trigger: notes another formula behind the reference flows of a station.';
