-- The days after the newest observed day of the configured dataset, as the forecast layer shows them.
SELECT
    f.cell_id, f.date,
    coalesce(f.flow_median, f.flow_mean, 'NaN'), coalesce(f.flow_anomaly, 'NaN'), coalesce(f.flow_mad, 'NaN')
FROM guyane.hyfaa_data_forecast AS f
WHERE f.date > coalesce((
    SELECT max(d.date)
    FROM guyane.sagui_shown_days AS d
    WHERE d.tablename = 'hyfaa_data_' || coalesce(
        (SELECT c.use_dataset FROM guyane.sagui_saguiconfig AS c), 'assimilated'
    )
), '-infinity')
