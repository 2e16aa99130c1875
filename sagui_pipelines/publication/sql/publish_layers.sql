SELECT layer, data_version, changed, first_date, last_date, feature_count
FROM guyane.publish_layers()
ORDER BY layer
