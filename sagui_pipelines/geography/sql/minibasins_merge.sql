-- Returns the numbers of rows inserted, updated, deleted, and wanted.
WITH deleted AS (
    DELETE FROM guyane.hyfaa_minibasins_data AS old
    WHERE NOT EXISTS (SELECT FROM pg_temp.new_minibasins AS new WHERE new.mini = old.mini)
    RETURNING old.mini
), updated AS (
    UPDATE guyane.hyfaa_minibasins_data AS old
    SET ordem = new.ordem, sub = new.sub, width = new.width, depth = new.depth
    FROM pg_temp.new_minibasins AS new
    WHERE new.mini = old.mini
        AND (old.ordem, old.sub, old.width, old.depth) IS DISTINCT FROM (new.ordem, new.sub, new.width, new.depth)
    RETURNING old.mini
), inserted AS (
    INSERT INTO guyane.hyfaa_minibasins_data (mini, ordem, sub, width, depth)
    SELECT new.mini, new.ordem, new.sub, new.width, new.depth
    FROM pg_temp.new_minibasins AS new
    WHERE NOT EXISTS (SELECT FROM guyane.hyfaa_minibasins_data AS old WHERE old.mini = new.mini)
    RETURNING mini
)
SELECT
    (SELECT count(*) FROM inserted),
    (SELECT count(*) FROM updated),
    (SELECT count(*) FROM deleted),
    (SELECT count(*) FROM pg_temp.new_minibasins);
