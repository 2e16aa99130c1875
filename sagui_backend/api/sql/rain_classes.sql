-- Number of minibasins per class of rain on one day, and of all minibasins.
SELECT width_bucket(rain.rain, %(limits)s::float8[]) AS class, count(*)
FROM guyane.sagui_rainfall AS rain
WHERE rain.date = %(day)s::date
GROUP BY 1
UNION ALL
SELECT NULL, count(*) FROM guyane.hyfaa_minibasins_data
