-- Reference flows of one station on some days of the year, newest period first.
SELECT period.period, flow.day_of_year, flow.flow
FROM guyane.stations_reference_flow_period AS period
JOIN guyane.stations_reference_flow AS flow ON flow.period_id = period.id
WHERE flow.station_id = %(station)s AND flow.day_of_year = ANY (%(days)s::integer[])
ORDER BY period.period COLLATE "C" DESC
