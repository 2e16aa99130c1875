DELETE FROM guyane.sagui_dayvalues WHERE (series, date) IN %s
