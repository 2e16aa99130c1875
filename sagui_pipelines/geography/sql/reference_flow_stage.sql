DROP TABLE IF EXISTS pg_temp.new_reference_flow;
CREATE TEMPORARY TABLE new_reference_flow (
    period text NOT NULL,
    mini integer NOT NULL,
    day_of_year integer NOT NULL,
    flow double precision NOT NULL
) ON COMMIT DROP;
LOCK TABLE guyane.stations_reference_flow IN SHARE ROW EXCLUSIVE MODE;
