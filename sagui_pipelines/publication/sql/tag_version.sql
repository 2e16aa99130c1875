SELECT version FROM guyane.sagui_cachetag WHERE tag = %s
