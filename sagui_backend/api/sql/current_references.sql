-- Reference flows, as delivered, of some stations on some days of the year, from each station's newest usable period:
-- complete, finite, and not zero on more days than the station may have. Periods are tried newest first (the order of
-- the ordinality needs no sort), and none after the first that will do.
SELECT station.id, newest.days, newest.flows
FROM unnest(%(stations)s::bigint[], %(zero_days)s::integer[]) AS station (id, zero_days)
CROSS JOIN LATERAL (
    SELECT series.days, series.flows
    FROM unnest(ARRAY(
        SELECT id FROM guyane.stations_reference_flow_period ORDER BY period COLLATE "C" DESC
    )) WITH ORDINALITY AS period (id, age)
    CROSS JOIN LATERAL (
        SELECT
            count(*) FILTER (WHERE flow.flow < 'Infinity') AS known,
            count(*) FILTER (WHERE flow.flow = 0) AS zero,
            array_agg(flow.day_of_year) FILTER (WHERE flow.day_of_year = ANY (%(days)s::integer[])) AS days,
            array_agg(flow.flow) FILTER (WHERE flow.day_of_year = ANY (%(days)s::integer[])) AS flows
        FROM guyane.stations_reference_flow AS flow
        WHERE flow.station_id = station.id AND flow.period_id = period.id
    ) AS series
    WHERE series.known = %(days_of_year)s AND series.zero <= station.zero_days
    ORDER BY period.age
    LIMIT 1
) AS newest
