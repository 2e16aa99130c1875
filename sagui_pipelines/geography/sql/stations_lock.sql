-- An administrator who saves a station meanwhile waits; readers go on.
LOCK TABLE guyane.hyfaa_stations IN SHARE ROW EXCLUSIVE MODE;
