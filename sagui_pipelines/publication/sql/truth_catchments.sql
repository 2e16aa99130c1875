SELECT c.mini, c.sub FROM guyane.hyfaa_catchments AS c
