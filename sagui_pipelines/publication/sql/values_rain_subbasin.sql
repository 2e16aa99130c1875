SELECT r.sub, r.date, r.rain FROM guyane.sagui_shown_subbasin_rain AS r
