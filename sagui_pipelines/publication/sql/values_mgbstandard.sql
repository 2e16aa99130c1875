SELECT s.cell_id, s.date, coalesce(s.flow, 'NaN'), coalesce(s.flow_anomaly, 'NaN')
FROM guyane.sagui_shown_flows AS s
JOIN guyane.sagui_shown_days AS d ON d.tablename = 'hyfaa_data_mgbstandard' AND d.date = s.date
WHERE s.dataset = 'mgbstandard'
