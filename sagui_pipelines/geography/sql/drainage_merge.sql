-- Returns the numbers of rows inserted, updated, deleted, and wanted.
WITH deleted AS (
    DELETE FROM guyane.hyfaa_drainage AS old
    WHERE NOT EXISTS (SELECT FROM pg_temp.new_drainage AS new WHERE new.mini = old.mini)
    RETURNING old.mini
), updated AS (
    UPDATE guyane.hyfaa_drainage AS old
    SET geom = new.geom
    FROM pg_temp.new_drainage AS new
    WHERE new.mini = old.mini AND ST_AsEWKB(old.geom) IS DISTINCT FROM ST_AsEWKB(new.geom)
    RETURNING old.mini
), inserted AS (
    INSERT INTO guyane.hyfaa_drainage (mini, geom)
    SELECT new.mini, new.geom
    FROM pg_temp.new_drainage AS new
    WHERE NOT EXISTS (SELECT FROM guyane.hyfaa_drainage AS old WHERE old.mini = new.mini)
    RETURNING mini
)
SELECT
    (SELECT count(*) FROM inserted),
    (SELECT count(*) FROM updated),
    (SELECT count(*) FROM deleted),
    (SELECT count(*) FROM pg_temp.new_drainage);
