INSERT INTO guyane.sagui_document AS d (path, version, content) VALUES %s
ON CONFLICT (path) DO UPDATE SET version = excluded.version, content = excluded.content
WHERE d.version <> excluded.version
