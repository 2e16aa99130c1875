SELECT version, content FROM guyane.sagui_dayvalues WHERE series = %(series)s AND date = %(date)s
