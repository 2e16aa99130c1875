UPDATE guyane.sagui_cachetag AS t SET told = n.version
FROM (VALUES %s) AS n (tag, version)
WHERE t.tag = n.tag
