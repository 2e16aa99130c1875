SELECT ARRAY[ST_XMin(box), ST_YMin(box), ST_XMax(box), ST_YMax(box)]
FROM (SELECT ST_Extent(ST_Transform({geometry}, 4326)) AS box FROM {table}) AS extent
WHERE box IS NOT NULL
