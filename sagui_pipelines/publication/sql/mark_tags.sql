INSERT INTO guyane.sagui_cachetag AS t (tag, version) VALUES %s
ON CONFLICT (tag) DO UPDATE SET version = excluded.version WHERE t.version <> excluded.version
