INSERT INTO guyane.sagui_dayvalues (series, date, version, content) VALUES %s
ON CONFLICT (series, date) DO UPDATE SET version = excluded.version, content = excluded.content
