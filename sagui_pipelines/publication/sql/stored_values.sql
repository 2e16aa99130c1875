SELECT series, date, version FROM guyane.sagui_dayvalues
