-- Rain of one day per sub-basin [mm]: mean of its catchments weighted by area, unrounded, as on the map.
SELECT catchment.sub, sum(rain.rain * catchment.area_km2) / sum(catchment.area_km2)
FROM guyane.sagui_rainfall AS rain
JOIN guyane.hyfaa_catchments_shown AS catchment ON catchment.mini = rain.cell_id
WHERE rain.date = %(day)s::date
GROUP BY catchment.sub
HAVING sum(catchment.area_km2) > 0
ORDER BY catchment.sub
