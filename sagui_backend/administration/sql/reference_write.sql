WITH new AS (
    SELECT *
    FROM unnest(%(periods)s::text[], %(minis)s::integer[], %(days)s::integer[], %(flows)s::float8[])
        AS row (period, mini, day_of_year, flow)
)
INSERT INTO guyane.stations_reference_flow AS old (period_id, station_id, day_of_year, flow)
SELECT period.id, station.id, new.day_of_year, new.flow
FROM new
JOIN guyane.stations_reference_flow_period AS period ON period.period = new.period
JOIN guyane.hyfaa_stations AS station ON station.minibasin_id = new.mini
ORDER BY period.id, station.id, new.day_of_year
ON CONFLICT (period_id, day_of_year, station_id) DO UPDATE SET flow = excluded.flow
WHERE old.flow IS DISTINCT FROM excluded.flow
