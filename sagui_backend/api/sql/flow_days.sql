-- Days of some cells: of the dataset after `after` until its newest day, then of the forecast. Oldest first.
-- The dataset is a constant to the planner, so the other half is never executed.
SELECT cell_id, date, 'assimilated' AS source, flow_median AS flow, flow_mad, flow_expected
FROM guyane.hyfaa_data_assimilated
WHERE %(dataset)s = 'assimilated' AND cell_id = ANY (%(cells)s::integer[])
    AND date > %(after)s::date AND date <= %(observed)s::date
UNION ALL
SELECT cell_id, date, 'mgbstandard', flow_mean, 0.0, flow_expected
FROM guyane.hyfaa_data_mgbstandard
WHERE %(dataset)s = 'mgbstandard' AND cell_id = ANY (%(cells)s::integer[])
    AND date > %(after)s::date AND date <= %(observed)s::date
UNION ALL
-- A forecast of one member has no median.
SELECT cell_id, date, 'forecast', coalesce(flow_median, flow_mean), flow_mad, NULL
FROM guyane.hyfaa_data_forecast
WHERE %(with_forecast)s AND cell_id = ANY (%(cells)s::integer[])
    AND date > coalesce(%(observed)s::date, '-infinity'::date)
ORDER BY 1, 2
