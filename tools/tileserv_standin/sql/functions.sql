-- Functions the current role may call whose first arguments are z, x, y and that return a finished tile.
SELECT
    n.nspname || '.' || p.proname AS id,
    n.nspname AS schema,
    p.proname AS name,
    coalesce(obj_description(p.oid, 'pg_proc'), '') AS description,
    p.proargnames[4:p.pronargs] AS arguments
FROM pg_proc AS p
JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE p.prorettype = 'bytea'::regtype
    AND NOT p.proretset
    AND p.pronargs - p.pronargdefaults <= 3
    AND p.proargnames[1:3] = ARRAY['z', 'x', 'y']
    AND p.proargtypes[0] = 'int4'::regtype
    AND p.proargtypes[1] = 'int4'::regtype
    AND p.proargtypes[2] = 'int4'::regtype
    AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    AND has_schema_privilege(n.oid, 'USAGE')
    AND has_function_privilege(p.oid, 'EXECUTE')
ORDER BY 1
