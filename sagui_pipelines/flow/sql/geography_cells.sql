SELECT count(*), max(mini) FROM guyane.hyfaa_minibasins_data
