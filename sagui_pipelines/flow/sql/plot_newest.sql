-- Flow of every cell on the newest day, with the station there, if any. Stations come first, large rivers first.
SELECT s.cell_id, s.{flow}, st.name
FROM {table} AS s
LEFT JOIN guyane.hyfaa_stations AS st ON st.minibasin_id = s.cell_id
WHERE s.date = (SELECT max(date) FROM guyane.sagui_importday WHERE tablename = {tablename} AND row_count > 0)
  AND s.{flow} IS NOT NULL
ORDER BY st.name IS NULL, s.{flow} DESC, s.cell_id
