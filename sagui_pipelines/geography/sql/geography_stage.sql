DROP TABLE IF EXISTS pg_temp.new_drainage, pg_temp.new_catchments, pg_temp.new_minibasins;
CREATE TEMPORARY TABLE new_drainage (mini integer PRIMARY KEY, geom geometry NOT NULL) ON COMMIT DROP;
CREATE TEMPORARY TABLE new_catchments (mini integer PRIMARY KEY, sub integer NOT NULL, geom geometry NOT NULL) ON COMMIT DROP;
CREATE TEMPORARY TABLE new_minibasins (
    mini integer PRIMARY KEY,
    ordem integer NOT NULL,
    sub integer NOT NULL,
    width double precision NOT NULL,
    depth double precision NOT NULL
) ON COMMIT DROP;
-- Nobody else may write while old and new rows are compared; readers go on.
LOCK TABLE guyane.hyfaa_drainage, guyane.hyfaa_catchments, guyane.hyfaa_minibasins_data IN SHARE ROW EXCLUSIVE MODE;
