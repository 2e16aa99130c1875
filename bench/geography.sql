-- Square catchments in rows, a winding river of 40 points in each; a quarter of them at order 12 or more.
CREATE TEMPORARY TABLE grid AS
SELECT
    n AS mini,
    n / 20 + 1 AS sub,
    1 + (n * 7919 %% 1000) * 15 / 1000 AS ordem,
    -56.0 + (n %% 75) * 0.06 AS lon,
    2.0 + (n / 75) * 0.06 AS lat
FROM generate_series(1, %(cells)s) AS n;
INSERT INTO guyane.hyfaa_drainage (mini, geom)
SELECT mini, ST_SetSRID(ST_MakeLine(ARRAY(
    SELECT ST_MakePoint(lon + 0.03 + 0.01 * sin(step), lat + 0.06 * step / 40) FROM generate_series(0, 40) AS step
)), 4326)
FROM grid;
INSERT INTO guyane.hyfaa_catchments (mini, sub, geom)
SELECT mini, sub, ST_MakeEnvelope(lon, lat, lon + 0.06, lat + 0.06, 4326) FROM grid;
INSERT INTO guyane.hyfaa_minibasins_data (mini, ordem, sub, width, depth)
SELECT mini, ordem, sub, 10 + ordem, 1 + ordem / 10.0 FROM grid;
ANALYZE guyane.hyfaa_drainage, guyane.hyfaa_catchments, guyane.hyfaa_minibasins_data;
