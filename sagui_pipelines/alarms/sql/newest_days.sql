-- Newest day that holds data, per series; of the forecast, the day of issue.
SELECT tablename, max(date) FROM guyane.sagui_importday WHERE row_count > 0 GROUP BY tablename
