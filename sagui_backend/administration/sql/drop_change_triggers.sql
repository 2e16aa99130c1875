DROP FUNCTION guyane.record_station_change() CASCADE;
DROP FUNCTION guyane.record_mask_change() CASCADE;
DROP FUNCTION guyane.record_config_change() CASCADE;
DROP FUNCTION guyane.record_rows_change() CASCADE;
DROP FUNCTION guyane.record_change(text, text);
