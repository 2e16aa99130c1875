SELECT f.cell_id, f.date, f.source = 'forecast', coalesce(f.flow, 'NaN'), coalesce(f.flow_anomaly, 'NaN')
FROM guyane.sagui_shown_forecasts AS f
WHERE f.dataset = 'mgbstandard'
