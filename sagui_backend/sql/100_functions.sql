-- Functions that pipelines and views build on. Rights are granted in 900_grants.sql.

CREATE OR REPLACE FUNCTION guyane.json_integer(value double precision) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    -- bigint drops the sign of zero; the bound drops NaN and infinities, which are not JSON.
    SELECT coalesce(CASE WHEN abs(value) < 1e15 THEN round(value)::bigint::text END, 'null')
$$;
COMMENT ON FUNCTION guyane.json_integer(double precision) IS
    'The value rounded half to even, as JSON text; never NULL: a missing or infinite value is the text null.';



CREATE OR REPLACE FUNCTION guyane.json_gap(place integer) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
AS $$
    SELECT substr(E' \t\n\r', place / 4 % 4 + 1, 1) || substr(E' \t\n\r', place % 4 + 1, 1)
$$;
COMMENT ON FUNCTION guyane.json_gap(integer) IS
    'White space to write after the numbers of the day at a place of a list. Every day has its own, so that gzip finds '
    'the same day of the rivers before, whose numbers are alike: tiles become 5 to 8 % smaller. NULL only for NULL.';


CREATE OR REPLACE FUNCTION guyane.partition_column(parent text) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF parent IN ('hyfaa_data_mgbstandard', 'hyfaa_data_assimilated', 'sagui_rainfall') THEN
        RETURN 'date';
    ELSIF parent = 'hyfaa_data_forecast_archive' THEN
        RETURN 'issue_date';
    END IF;
    RAISE EXCEPTION 'table % has no partitions per year', coalesce(quote_literal(parent), 'NULL')
        USING ERRCODE = 'invalid_parameter_value';
END
$$;
COMMENT ON FUNCTION guyane.partition_column(text) IS
    'Column by whose year a table is partitioned; never NULL: any table but the four partitioned ones is an error.';


CREATE OR REPLACE FUNCTION guyane.partition_bounds(
    parent text, year integer,
    OUT partition text, OUT from_date date, OUT to_date date, OUT attached boolean
)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM guyane.partition_column(parent);
    IF year IS NULL OR year NOT BETWEEN 1900 AND 2199 THEN
        RAISE EXCEPTION 'year % is not between 1900 and 2199', coalesce(year::text, 'NULL')
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    partition := format('%s_y%s', parent, year);
    from_date := make_date(year, 1, 1);
    to_date := make_date(year + 1, 1, 1);
    attached := EXISTS (
        SELECT FROM pg_inherits WHERE inhrelid = to_regclass(format('guyane.%I', partition))
    );
END
$$;
COMMENT ON FUNCTION guyane.partition_bounds(text, integer) IS
    'Name of the partition of a year, its first day, the day after its last, whether it is attached; never NULL.';


CREATE OR REPLACE FUNCTION guyane.create_series_partition(parent text, year integer) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    bounds record := guyane.partition_bounds(parent, year);
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(bounds.partition, 0));
    bounds := guyane.partition_bounds(parent, year);
    IF NOT bounds.attached THEN
        EXECUTE format(
            'CREATE TABLE guyane.%I PARTITION OF guyane.%I FOR VALUES FROM (%L) TO (%L)',
            bounds.partition, parent, bounds.from_date, bounds.to_date
        );
        PERFORM guyane.grant_series_partition(bounds.partition);
    END IF;
    RETURN bounds.partition;
END
$$;
COMMENT ON FUNCTION guyane.create_series_partition(text, integer) IS
    'Makes sure that the partition of a year exists and is attached, and returns its name; never NULL.';


CREATE OR REPLACE FUNCTION guyane.stage_series_partition(parent text, year integer) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    bounds record := guyane.partition_bounds(parent, year);
    filled boolean;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(bounds.partition, 0));
    bounds := guyane.partition_bounds(parent, year);
    IF bounds.attached THEN
        EXECUTE format('LOCK TABLE guyane.%I IN SHARE MODE', bounds.partition);
        EXECUTE format('SELECT EXISTS (SELECT FROM guyane.%I)', bounds.partition) INTO filled;
        IF filled THEN
            RAISE EXCEPTION 'partition % already holds rows; merge into it instead', bounds.partition
                USING ERRCODE = 'object_not_in_prerequisite_state';
        END IF;
    END IF;
    EXECUTE format('DROP TABLE IF EXISTS guyane.%I', bounds.partition);
    EXECUTE format(
        'CREATE TABLE guyane.%1$I (
            LIKE guyane.%2$I INCLUDING DEFAULTS INCLUDING CONSTRAINTS,
            CONSTRAINT %3$I CHECK (%4$I >= %5$L AND %4$I < %6$L)
        )',
        bounds.partition, parent, bounds.partition || '_bounds',
        guyane.partition_column(parent), bounds.from_date, bounds.to_date
    );
    PERFORM guyane.grant_series_partition(bounds.partition);
    RETURN bounds.partition;
END
$$;
COMMENT ON FUNCTION guyane.stage_series_partition(text, integer) IS
    'Makes the table of a year that has no rows yet, without index and not attached, ready for COPY; returns its '
    'name, never NULL. A year that holds rows is an error.';


CREATE OR REPLACE FUNCTION guyane.attach_series_partition(parent text, year integer) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    bounds record := guyane.partition_bounds(parent, year);
    key_columns text;
BEGIN
    IF bounds.attached OR to_regclass(format('guyane.%I', bounds.partition)) IS NULL THEN
        RAISE EXCEPTION 'partition % is not staged', bounds.partition
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    SELECT string_agg(format('%I', a.attname), ', ' ORDER BY array_position(c.conkey, a.attnum))
    INTO STRICT key_columns
    FROM pg_constraint AS c
    JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
    WHERE c.conrelid = to_regclass(format('guyane.%I', parent)) AND c.contype = 'p';
    EXECUTE format(
        'ALTER TABLE guyane.%I ADD CONSTRAINT %I PRIMARY KEY (%s)',
        bounds.partition, bounds.partition || '_pkey', key_columns
    );
    -- Indexes of the parent that the partition lacks (BRIN) are built by ATTACH itself.
    EXECUTE format(
        'ALTER TABLE guyane.%I ATTACH PARTITION guyane.%I FOR VALUES FROM (%L) TO (%L)',
        parent, bounds.partition, bounds.from_date, bounds.to_date
    );
    EXECUTE format('ALTER TABLE guyane.%I DROP CONSTRAINT %I', bounds.partition, bounds.partition || '_bounds');
    EXECUTE format('ANALYZE guyane.%I', bounds.partition);
    RETURN bounds.partition;
END
$$;
COMMENT ON FUNCTION guyane.attach_series_partition(text, integer) IS
    'Turns the staged table of a year into its partition: primary key, BRIN, statistics. Returns its name, never NULL.';


CREATE OR REPLACE FUNCTION guyane.grant_series_partition(partition text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON guyane.%I TO sagui_pipelines', partition);
    EXECUTE format('GRANT SELECT ON guyane.%I TO sagui_api', partition);
END
$$;
COMMENT ON FUNCTION guyane.grant_series_partition(text) IS
    'Gives a partition the rights of its table. Returns nothing; run by the functions above.';
