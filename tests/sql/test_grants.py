"""Each role may do what it needs, and nothing else."""

from __future__ import annotations

import psycopg2
import pytest

from tests.conftest import Database
from tools.native.cluster import ROLES

pytestmark = pytest.mark.postgis

PUBLISHED = {
    "hyfaa_drainage", "hyfaa_data_aggregated_geo", "hyfaa_forecast_aggregated_geo",
    "hyfaa_data_with_assimilated_aggregate_geo", "hyfaa_data_with_mgbstandard_aggregate_geo",
    "hyfaa_forecast_with_assimilated_aggregate_geo", "hyfaa_forecast_with_mgbstandard_aggregate_geo",
    "rainfall_minibasin_aggregated_geo", "rainfall_subbasin_aggregated_geo", "mvt_rainfall",
    "reaches", "catchments", "subbasins", "stations",
}  # fmt: skip
EDITED_BY_PEOPLE = {
    "hyfaa_stations", "hyfaa_geo_inclusion_mask", "stations_reference_flow_period", "stations_reference_flow",
    "sagui_atmoalertcategories", "sagui_alertsubscriptions", "sagui_alertsubscriptions_stations_watch",
}  # fmt: skip
KEPT_BY_DJANGO = {
    "auth_group", "auth_group_permissions", "auth_user", "auth_user_groups", "auth_user_user_permissions",
    "django_admin_log", "django_session", "sagui_referenceupload",
    "axes_accessattempt", "axes_accessattemptexpiration", "axes_accessfailurelog", "axes_accesslog",
}  # fmt: skip
LOADED = {
    "hyfaa_data_mgbstandard", "hyfaa_data_assimilated", "hyfaa_data_forecast", "hyfaa_data_forecast_archive",
    "sagui_rainfall", "hyfaa_drainage", "hyfaa_catchments", "hyfaa_minibasins_data", "hyfaa_stations",
    "stations_reference_flow_period", "stations_reference_flow", "sagui_importstate", "sagui_importday",
    "sagui_importlog", "sagui_refusedday", "sagui_publication",
    "sagui_tile", "sagui_tileahead", "sagui_dayvalues", "sagui_document", "sagui_cachetag",
}  # fmt: skip
# Which roles enter which database.
DOORS = {
    "sagui": {"sagui_owner", "sagui_pipelines", "sagui_api", "tileserv", "sagui_backup"},
    "dagster": {"sagui_dagster", "sagui_backup"},
}
# Functions inside views run with the caller's rights.
VIEW_FUNCTIONS = {"json_integer", "json_gap", "source_of_tile", "station_place"}
RECORDED = {"sagui_incident", "sagui_alarmmessage"}
PERSONAL = {
    "auth_user",
    "django_session",
    "sagui_alertsubscriptions",
    "sagui_alertsubscriptions_stations_watch",
}


def role_name(role: str) -> str:
    """Name of a role in the database."""
    return role if role == "tileserv" else f"sagui_{role}"


def relations(database: Database, role: str, privilege: str) -> set[str]:
    """Relations of the schema on which a role has a privilege."""
    rows = database.query(
        "SELECT relname FROM pg_class WHERE relnamespace = 'guyane'::regnamespace AND relkind IN ('r', 'p', 'v', 'm') "
        "AND has_table_privilege(%s, oid, %s)",
        role,
        privilege,
    )
    return {str(name) for (name,) in rows}


def functions(database: Database, role: str) -> set[str]:
    """Functions of the schema that a role may execute."""
    rows = database.query(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'guyane'::regnamespace "
        "AND has_function_privilege(%s, oid, 'EXECUTE')",
        role,
    )
    return {str(name) for (name,) in rows}


def test_tile_server_calls_the_published_layers_and_reads_no_table(module_database: Database) -> None:
    for privilege in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"):
        assert relations(module_database, "tileserv", privilege) == set()
    assert functions(module_database, "tileserv") == PUBLISHED


def test_tile_server_finds_exactly_these_function_layers(module_database: Database) -> None:
    """What pg_tileserv asks of the catalogue: functions (z, x, y) that give bytea and that the role may call."""
    rows = module_database.query(
        """
        SELECT p.proname FROM pg_proc AS p
        WHERE p.prorettype = 'bytea'::regtype AND NOT p.proretset
          AND p.proargnames[1:3] = ARRAY['z', 'x', 'y'] AND p.pronargs - p.pronargdefaults = 3
          AND p.proargtypes[0] = 'int4'::regtype AND p.proargtypes[1] = 'int4'::regtype
          AND p.proargtypes[2] = 'int4'::regtype
          AND has_schema_privilege(p.pronamespace, 'USAGE') AND has_function_privilege(p.oid, 'EXECUTE')
        """,
        role="tileserv",
    )
    assert {name for (name,) in rows} == PUBLISHED
    listed = module_database.query("SELECT layer FROM sagui_tile_layers", role="api")
    assert {name for (name,) in listed} == {f"guyane.{name}" for name in PUBLISHED}


@pytest.mark.parametrize(
    ("layer", "types"),
    [
        ("hyfaa_data_aggregated_geo", ["integer", "json", "numeric", "numeric", "geometry(Geometry,3857)"]),
        (
            "hyfaa_forecast_aggregated_geo",
            ["integer", "json", "numeric", "numeric", "geometry(Geometry,3857)"],
        ),
        (
            "hyfaa_data_with_assimilated_aggregate_geo",
            ["integer", "json", "integer", "numeric", "numeric", "geometry(Geometry,3857)"],
        ),
        ("rainfall_subbasin_aggregated_geo", ["text", "json", "geometry(Geometry,3857)"]),
    ],
)
def test_column_types_that_decide_how_tiles_look(
    module_database: Database, layer: str, types: list[str]
) -> None:
    rows = module_database.query(
        "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0 "
        "ORDER BY attnum",
        f"guyane.{layer}",
    )
    assert [name for (name,) in rows] == types


def test_api_reads_everything_and_writes_what_people_edit(module_database: Database) -> None:
    everything = relations(module_database, "sagui_owner", "SELECT")
    assert relations(module_database, "sagui_api", "SELECT") == everything
    for privilege in ("INSERT", "DELETE"):
        assert relations(module_database, "sagui_api", privilege) == EDITED_BY_PEOPLE | KEPT_BY_DJANGO
    assert relations(module_database, "sagui_api", "UPDATE") == EDITED_BY_PEOPLE | KEPT_BY_DJANGO | {
        "sagui_saguiconfig"
    }
    assert relations(module_database, "sagui_api", "TRUNCATE") == set()
    assert functions(module_database, "sagui_api") == VIEW_FUNCTIONS


def test_pipelines_write_what_they_load(module_database: Database) -> None:
    for privilege in ("INSERT", "UPDATE"):
        assert relations(module_database, "sagui_pipelines", privilege) == LOADED | RECORDED
    assert relations(module_database, "sagui_pipelines", "DELETE") == LOADED
    # Emptied twice a publication, and nobody misses what was in it.
    assert relations(module_database, "sagui_pipelines", "TRUNCATE") == {"sagui_tileahead"}
    assert not relations(module_database, "sagui_pipelines", "SELECT") & PERSONAL
    assert functions(module_database, "sagui_pipelines") == {
        "create_series_partition", "stage_series_partition", "attach_series_partition", "publish_layers", "reach_tile",
        *VIEW_FUNCTIONS,
    }  # fmt: skip


def test_backup_reads_everything_and_writes_nothing(module_database: Database) -> None:
    everything = relations(module_database, "sagui_owner", "SELECT")
    assert relations(module_database, "sagui_backup", "SELECT") >= everything
    for privilege in ("INSERT", "UPDATE", "DELETE", "TRUNCATE"):
        assert relations(module_database, "sagui_backup", privilege) == set()


def test_dagster_has_nothing_here(module_database: Database) -> None:
    for privilege in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE"):
        assert relations(module_database, "sagui_dagster", privilege) == set()
    assert functions(module_database, "sagui_dagster") == set()


@pytest.mark.parametrize("name", DOORS)
def test_each_database_is_open_to_those_who_work_there(module_database: Database, name: str) -> None:
    rows = module_database.query(
        "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s) AND has_database_privilege(rolname, %s, 'CONNECT')",
        [role_name(role) for role in ROLES],
        name,
    )
    assert {role for (role,) in rows} == DOORS[name]


def test_no_role_rules_the_server(module_database: Database) -> None:
    rows = module_database.query(
        "SELECT rolname, rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls FROM pg_roles"
        " WHERE rolname = ANY(%s)",
        [role_name(role) for role in ROLES],
    )
    assert dict(rows) == dict.fromkeys(map(role_name, ROLES), False)


@pytest.mark.parametrize("role", ["pipelines", "api", "tileserv"])
@pytest.mark.parametrize("schema", ["guyane", "public"])
def test_nobody_but_the_owner_creates_tables(module_database: Database, role: str, schema: str) -> None:
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        module_database.query(f"CREATE TABLE {schema}.intruder (i integer)", role=role)


@pytest.mark.parametrize(("role", "allowed"), [("pipelines", True), ("api", False), ("tileserv", False)])
def test_only_pipelines_make_temporary_tables(module_database: Database, role: str, allowed: bool) -> None:
    statement = "CREATE TEMPORARY TABLE staging (i integer)"
    if allowed:
        assert module_database.query(statement, role=role) == []
    else:
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            module_database.query(statement, role=role)


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("tileserv", "SELECT * FROM guyane.hyfaa_data_assimilated"),
        ("tileserv", "SELECT * FROM guyane.sagui_saguiconfig"),
        ("tileserv", "SELECT * FROM guyane.publish_layers()"),
        ("tileserv", "SELECT * FROM guyane.auth_user"),
        ("api", "SELECT * FROM guyane.publish_layers()"),
        ("api", "SELECT guyane.create_series_partition('sagui_rainfall', 2026)"),
        ("api", "DELETE FROM guyane.sagui_saguiconfig"),
        ("api", "UPDATE guyane.hyfaa_data_forecast SET flow_mean = 1"),
        ("pipelines", "SELECT * FROM guyane.auth_user"),
        ("pipelines", "UPDATE guyane.sagui_saguiconfig SET max_ordem = 1"),
        ("pipelines", "DROP TABLE guyane.sagui_rainfall"),
        ("pipelines", "REFRESH MATERIALIZED VIEW guyane.rainfall_minibasin_aggregated_geo"),
        ("pipelines", "SELECT guyane.grant_series_partition('auth_user')"),
    ],
)
def test_refused(module_database: Database, role: str, statement: str) -> None:
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        module_database.query(statement, role=role)


def test_new_functions_are_not_for_everybody(database: Database) -> None:
    database.query("CREATE FUNCTION guyane.fresh() RETURNS integer LANGUAGE sql AS $$ SELECT 1 $$")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        database.query("SELECT guyane.fresh()", role="tileserv")
