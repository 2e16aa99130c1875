SELECT layer, data_version FROM guyane.sagui_tile_layers
