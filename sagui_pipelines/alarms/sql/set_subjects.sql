UPDATE guyane.sagui_incident SET subjects = %(subjects)s WHERE id = %(id)s
