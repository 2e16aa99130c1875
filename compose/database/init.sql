-- Databases, roles, extension and schema. Run by psql as superuser on database `postgres`, at every start:
-- running it again changes nothing but passwords that differ.
-- Variables: owner_password, pipelines_password, api_password, tileserv_password, dagster_password, backup_password.

\set ON_ERROR_STOP on

-- sagui_owner      owns schema and tables, runs migrations and SQL files
-- sagui_pipelines  writes series, geography and import state, refreshes layers
-- sagui_api        serves API and admin
-- tileserv         reads published layers, nothing else
-- sagui_dagster    Dagster's own storage, in its own database
-- sagui_backup     reads everything in both databases, for dumps
SELECT format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE', role)
FROM unnest(ARRAY['sagui_owner', 'sagui_pipelines', 'sagui_api', 'tileserv', 'sagui_dagster', 'sagui_backup']) AS role
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role)
\gexec

ALTER ROLE sagui_owner PASSWORD :'owner_password';
ALTER ROLE sagui_pipelines PASSWORD :'pipelines_password';
ALTER ROLE sagui_api PASSWORD :'api_password';
ALTER ROLE tileserv PASSWORD :'tileserv_password' CONNECTION LIMIT 50;
ALTER ROLE sagui_dagster PASSWORD :'dagster_password';
ALTER ROLE sagui_backup PASSWORD :'backup_password' CONNECTION LIMIT 4;
GRANT pg_read_all_data TO sagui_backup;

SELECT 'CREATE DATABASE sagui OWNER sagui_owner'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'sagui')
\gexec
SELECT 'CREATE DATABASE dagster OWNER sagui_dagster'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'dagster')
\gexec

REVOKE CONNECT ON DATABASE dagster FROM PUBLIC;
REVOKE CONNECT, TEMPORARY ON DATABASE sagui FROM PUBLIC;
GRANT CONNECT ON DATABASE sagui TO sagui_api, tileserv, sagui_backup;
GRANT CONNECT ON DATABASE dagster TO sagui_backup;
GRANT CONNECT, TEMPORARY ON DATABASE sagui TO sagui_pipelines;

ALTER DATABASE sagui SET timezone TO 'UTC';
-- A tile or API query that takes longer than this is a fault, not a query.
ALTER ROLE tileserv SET statement_timeout TO '10s';
ALTER ROLE sagui_api SET statement_timeout TO '30s';
-- Many small tiles in flight beat one tile on many cores.
ALTER ROLE tileserv SET max_parallel_workers_per_gather TO 0;
ALTER ROLE tileserv SET jit TO off;

\connect sagui
CREATE EXTENSION IF NOT EXISTS postgis;
CREATE SCHEMA IF NOT EXISTS guyane AUTHORIZATION sagui_owner;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
ALTER ROLE sagui_owner SET search_path TO guyane, public;
ALTER ROLE sagui_pipelines SET search_path TO guyane, public;
ALTER ROLE sagui_api SET search_path TO guyane, public;
ALTER ROLE tileserv SET search_path TO guyane, public;
