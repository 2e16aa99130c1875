-- Reference flows of some stations on some days of the year, from each station's newest usable period: complete,
-- finite, and rarely zero (a zero is the trace of a clipped conversion, not a flow). One scan does it all.
SELECT DISTINCT ON (usable.station_id) usable.station_id, usable.days, usable.flows
FROM (
    SELECT
        station_id,
        period_id,
        array_agg(day_of_year) FILTER (WHERE day_of_year = ANY (%(days)s::integer[])) AS days,
        array_agg(flow) FILTER (WHERE day_of_year = ANY (%(days)s::integer[])) AS flows
    FROM guyane.stations_reference_flow
    WHERE station_id = ANY (%(stations)s::bigint[])
    GROUP BY station_id, period_id
    HAVING count(*) FILTER (WHERE flow < 'Infinity') = %(days_of_year)s
        AND count(*) FILTER (WHERE flow = 0) <= %(zero_days)s
) AS usable
JOIN guyane.stations_reference_flow_period AS period ON period.id = usable.period_id
ORDER BY usable.station_id, period.period COLLATE "C" DESC
