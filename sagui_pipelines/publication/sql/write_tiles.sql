INSERT INTO guyane.sagui_tile (layer, z, x, y, content) VALUES %s
