-- Per station and period: days that have a flow, and days of zero flow. Stations without any series appear too.
SELECT
    station.id, station.name, station.reference_conversion, period.id, period.period,
    count(flow.id), count(flow.id) FILTER (WHERE flow.flow = 0)
FROM guyane.hyfaa_stations AS station
CROSS JOIN guyane.stations_reference_flow_period AS period
LEFT JOIN guyane.stations_reference_flow AS flow ON flow.station_id = station.id AND flow.period_id = period.id
GROUP BY station.id, period.id
ORDER BY station.id, period.period COLLATE "C" DESC
