-- Returns the numbers of rows inserted, updated, deleted (none), and wanted. Every station on a minibasin gets the series.
WITH wanted AS MATERIALIZED (
    SELECT period.id AS period_id, new.day_of_year, station.id AS station_id, new.flow
    FROM pg_temp.new_reference_flow AS new
    JOIN guyane.stations_reference_flow_period AS period ON period.period = new.period
    JOIN guyane.hyfaa_stations AS station ON station.minibasin_id = new.mini
), updated AS (
    UPDATE guyane.stations_reference_flow AS old
    SET flow = wanted.flow
    FROM wanted
    WHERE (old.period_id, old.day_of_year, old.station_id) = (wanted.period_id, wanted.day_of_year, wanted.station_id)
        AND old.flow IS DISTINCT FROM wanted.flow
    RETURNING old.station_id
), inserted AS (
    INSERT INTO guyane.stations_reference_flow (period_id, day_of_year, station_id, flow)
    SELECT wanted.period_id, wanted.day_of_year, wanted.station_id, wanted.flow
    FROM wanted
    WHERE NOT EXISTS (
        SELECT
        FROM guyane.stations_reference_flow AS old
        WHERE (old.period_id, old.day_of_year, old.station_id)
            = (wanted.period_id, wanted.day_of_year, wanted.station_id)
    )
    ORDER BY wanted.period_id, wanted.station_id, wanted.day_of_year
    RETURNING station_id
)
SELECT
    (SELECT count(*) FROM inserted),
    (SELECT count(*) FROM updated),
    0::bigint,
    (SELECT count(*) FROM wanted);
