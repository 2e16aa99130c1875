-- Returns the numbers of rows inserted, updated, deleted, and wanted.
WITH deleted AS (
    DELETE FROM guyane.hyfaa_catchments AS old
    WHERE NOT EXISTS (SELECT FROM pg_temp.new_catchments AS new WHERE new.mini = old.mini)
    RETURNING old.mini
), updated AS (
    UPDATE guyane.hyfaa_catchments AS old
    SET sub = new.sub, geom = new.geom
    FROM pg_temp.new_catchments AS new
    WHERE new.mini = old.mini
        AND (old.sub, ST_AsEWKB(old.geom)) IS DISTINCT FROM (new.sub, ST_AsEWKB(new.geom))
    RETURNING old.mini
), inserted AS (
    INSERT INTO guyane.hyfaa_catchments (mini, sub, geom)
    SELECT new.mini, new.sub, new.geom
    FROM pg_temp.new_catchments AS new
    WHERE NOT EXISTS (SELECT FROM guyane.hyfaa_catchments AS old WHERE old.mini = new.mini)
    RETURNING mini
)
SELECT
    (SELECT count(*) FROM inserted),
    (SELECT count(*) FROM updated),
    (SELECT count(*) FROM deleted),
    (SELECT count(*) FROM pg_temp.new_catchments);
