DELETE FROM guyane.sagui_document WHERE starts_with(path, %(prefix)s) AND path <> ALL (%(paths)s)
