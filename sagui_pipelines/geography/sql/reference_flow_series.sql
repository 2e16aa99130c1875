-- Completeness of each series that the file touches, as it is in the table now.
SELECT period.period, station.id, station.name, count(*), max(reference.flow) = 0
FROM guyane.stations_reference_flow AS reference
JOIN guyane.stations_reference_flow_period AS period ON period.id = reference.period_id
JOIN guyane.hyfaa_stations AS station ON station.id = reference.station_id
WHERE EXISTS (
    SELECT FROM pg_temp.new_reference_flow AS new
    WHERE new.period = period.period AND new.mini = station.minibasin_id
)
GROUP BY period.period, station.id, station.name
ORDER BY period.period, station.id;
