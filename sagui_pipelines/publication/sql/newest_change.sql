SELECT coalesce(max(id), 0) FROM guyane.sagui_configurationchange
