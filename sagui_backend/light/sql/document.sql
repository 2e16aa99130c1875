SELECT version, content FROM guyane.sagui_document WHERE path = %(path)s
