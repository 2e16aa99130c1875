-- Tables and views the current role may read that have one geometry column with a known reference system.
SELECT
    n.nspname || '.' || c.relname AS id,
    n.nspname AS schema,
    c.relname AS name,
    coalesce(obj_description(c.oid, 'pg_class'), '') AS description,
    g.attname AS geometry_column,
    postgis_typmod_type(g.atttypmod) AS geometrytype,
    postgis_typmod_srid(g.atttypmod) AS srid,
    (
        SELECT k.attname
        FROM pg_index AS i
        JOIN pg_attribute AS k ON k.attrelid = c.oid AND k.attnum = i.indkey[0]
        WHERE i.indrelid = c.oid AND i.indisprimary AND i.indnkeyatts = 1
            AND k.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
    ) AS id_column,
    ARRAY(
        SELECT json_build_object(
            'name', p.attname,
            'type', format_type(p.atttypid, NULL),
            'description', coalesce(col_description(c.oid, p.attnum), '')
        )
        FROM pg_attribute AS p
        WHERE p.attrelid = c.oid AND p.attnum > 0 AND NOT p.attisdropped
            AND p.atttypid <> 'geometry'::regtype
            AND has_column_privilege(c.oid, p.attnum, 'SELECT')
        ORDER BY p.attnum
    ) AS properties
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_attribute AS g ON g.attrelid = c.oid AND g.atttypid = 'geometry'::regtype AND NOT g.attisdropped
WHERE c.relkind IN ('r', 'v', 'm')
    AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    AND has_schema_privilege(n.oid, 'USAGE')
    AND has_table_privilege(c.oid, 'SELECT')
    AND postgis_typmod_srid(g.atttypmod) > 0
ORDER BY 1
