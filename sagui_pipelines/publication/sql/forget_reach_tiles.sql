DELETE FROM guyane.sagui_tile WHERE layer = 'reaches'
