SELECT r.cell_id, r.date, r.rain FROM guyane.sagui_shown_rain AS r
