SELECT EXISTS (SELECT FROM guyane.sagui_tile WHERE layer = 'reaches')
