-- What loading a file would change, per period and station; every station on a minibasin gets its series.
WITH new AS (
    SELECT *
    FROM unnest(%(periods)s::text[], %(minis)s::integer[], %(days)s::integer[], %(flows)s::float8[])
        AS row (period, mini, day_of_year, flow)
)
SELECT
    new.period,
    station.name,
    count(*) FILTER (WHERE old.id IS NULL) AS inserted,
    count(*) FILTER (WHERE old.flow <> new.flow) AS updated,
    count(*) FILTER (WHERE old.flow = new.flow) AS unchanged,
    count(*) FILTER (WHERE new.flow = 0) AS zero
FROM new
JOIN guyane.stations_reference_flow_period AS period ON period.period = new.period
JOIN guyane.hyfaa_stations AS station ON station.minibasin_id = new.mini
LEFT JOIN guyane.stations_reference_flow AS old
    ON old.period_id = period.id AND old.station_id = station.id AND old.day_of_year = new.day_of_year
GROUP BY new.period, station.id, station.name
ORDER BY new.period DESC, station.id
