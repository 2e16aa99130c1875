-- One minibasin: stream order, sub-basin, width and depth [m]. No row when there is no such cell.
SELECT data.mini AS cell_id, data.ordem, data.sub, data.width, data.depth
FROM guyane.hyfaa_minibasins_data AS data
WHERE data.mini = %(cell)s
