-- Tiles up to zoom 8 that show a river.
SELECT DISTINCT g.z, g.x, g.y FROM guyane.sagui_tile_geometry AS g WHERE g.kind = 'reach'
