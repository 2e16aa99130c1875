SELECT tag, version FROM guyane.sagui_cachetag WHERE told IS DISTINCT FROM version ORDER BY tag
