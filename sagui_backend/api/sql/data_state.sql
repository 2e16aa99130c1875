-- The configured dataset, its newest observed day, the issue day of the forecast and the newest day of rain.
SELECT
    config.use_dataset,
    (
        SELECT max(day.date) FROM guyane.sagui_importday AS day
        WHERE day.tablename = 'hyfaa_data_' || config.use_dataset AND day.row_count > 0
    ) AS observed,
    (
        SELECT max(day.date) FROM guyane.sagui_importday AS day
        WHERE day.tablename = 'hyfaa_data_forecast' AND day.row_count > 0
    ) AS issued,
    (
        SELECT max(day.date) FROM guyane.sagui_importday AS day
        WHERE day.tablename = 'sagui_rainfall' AND day.row_count > 0
    ) AS rain
FROM (
    SELECT coalesce((SELECT use_dataset FROM guyane.sagui_saguiconfig WHERE id = 1), 'assimilated') AS use_dataset
) AS config
