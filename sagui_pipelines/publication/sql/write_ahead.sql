COPY guyane.sagui_tileahead (layer, z, x, y, content) FROM STDIN (FORMAT binary)
