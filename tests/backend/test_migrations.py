"""Migrations: from nothing and back, without drift, with every seed."""

from __future__ import annotations

import psycopg2
import pytest

from tests.backend.conftest import manage, manage_python
from tests.conftest import Database

pytestmark = pytest.mark.postgis

STATISTICS = [
    f"{quantity}_{name}" for name in ("mean", "median", "stddev", "mad") for quantity in ("elevation", "flow")
]
STATE = ["update_time", "is_analysis", "flow_expected", "flow_anomaly"]


def columns(database: Database, table: str) -> list[str]:
    """Names of a table's columns in order."""
    rows = database.query(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'guyane' AND table_name = %s "
        "ORDER BY ordinal_position",
        table,
    )
    return [str(name) for (name,) in rows]


def test_models_and_migrations_agree(module_database: Database) -> None:
    done = manage(
        "makemigrations", "--check", "--dry-run", SAGUI_OWNER_DATABASE_URL=module_database.url("owner")
    )
    assert done.returncode == 0, done.stdout


def test_tables_and_models_agree(module_database: Database) -> None:
    """Tables made by raw SQL have the columns and types that Django would give them."""
    code = """
import django; django.setup()
from django.apps import apps
from django.db import connection
wanted, found = {}, {}
with connection.cursor() as cursor:
    for model in apps.get_app_config("sagui").get_models(include_auto_created=True):
        for field in model._meta.local_concrete_fields:
            if field.db_type(connection):
                wanted[model._meta.db_table, field.column] = (field.db_type(connection).lower(), field.null)
    cursor.execute('''SELECT c.relname, a.attname, lower(format_type(a.atttypid, a.atttypmod)), NOT a.attnotnull
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE c.relnamespace = 'guyane'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped''')
    for table, column, type, null in cursor.fetchall():
        found[table, column] = (type.replace("character varying", "varchar"), null)
for key, value in wanted.items():
    if found.get(key) != value:
        print(*key, value, found.get(key))
"""
    done = manage_python(
        code, SAGUI_DATABASE_ROLE="owner", SAGUI_OWNER_DATABASE_URL=module_database.url("owner")
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""


def test_django_keeps_its_tables_in_the_schema(module_database: Database) -> None:
    rows = module_database.query(
        "SELECT DISTINCT schemaname FROM pg_tables WHERE tableowner = 'sagui_owner' AND tablename LIKE ANY "
        "(ARRAY['django_%', 'auth_%', 'sagui_%', 'hyfaa_%', 'stations_%'])"
    )
    assert rows == [("guyane",)]


def test_column_order_of_series(module_database: Database) -> None:
    assert columns(module_database, "hyfaa_data_mgbstandard") == [
        "cell_id", "date", "elevation_mean", "flow_mean", *STATE,
    ]  # fmt: skip
    for table in ("hyfaa_data_assimilated", "hyfaa_data_forecast"):
        assert columns(module_database, table) == ["cell_id", "date", *STATISTICS, *STATE]
    assert columns(module_database, "hyfaa_data_forecast_archive") == [
        "issue_date", "cell_id", "date", *STATISTICS, *STATE,
    ]  # fmt: skip
    assert columns(module_database, "sagui_rainfall") == ["cell_id", "date", "rain"]


def test_keys_have_the_names_of_the_contract(module_database: Database) -> None:
    rows = module_database.query(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE contype = 'p' AND conrelid::regclass::text ~ '^(hyfaa_data|sagui_rain)' ORDER BY 1"
    )
    assert rows == [
        ("hyfaa_data_assimilated", "hyfaa_data_assimilated_unique_cellid_day", "PRIMARY KEY (cell_id, date)"),
        ("hyfaa_data_forecast", "hyfaa_data_forecast_unique_cellid_day", "PRIMARY KEY (cell_id, date)"),
        (
            "hyfaa_data_forecast_archive",
            "hyfaa_data_forecast_archive_pkey",
            "PRIMARY KEY (issue_date, cell_id, date)",
        ),
        ("hyfaa_data_mgbstandard", "hyfaa_data_mgbstandard_unique_cellid_day", "PRIMARY KEY (cell_id, date)"),
        ("sagui_rainfall", "rainfall_unique_cellid_day", "PRIMARY KEY (cell_id, date)"),
    ]


def test_geometries_have_one_spatial_index_each(module_database: Database) -> None:
    rows = module_database.query(
        "SELECT tablename, count(*) FROM pg_indexes WHERE schemaname = 'guyane' AND indexdef LIKE '%USING gist%' "
        "AND tablename NOT LIKE '%aggregate%' GROUP BY 1 ORDER BY 1"
    )
    assert rows == [
        ("hyfaa_catchments", 1), ("hyfaa_catchments_shown", 1), ("hyfaa_catchments_subbasins", 1),
        ("hyfaa_drainage", 1), ("hyfaa_geo_inclusion_mask", 1), ("hyfaa_stations", 1), ("sagui_reaches", 1),
    ]  # fmt: skip


def test_seeds(module_database: Database) -> None:
    query = module_database.query
    assert query("SELECT id, max_ordem, use_dataset FROM sagui_saguiconfig") == [(1, 12, "assimilated")]
    assert query("SELECT id, period FROM stations_reference_flow_period ORDER BY id") == [
        (1, "2010-2020"), (2, "2000-2010"), (3, "1990-2000"), (4, "1980-1990"),
    ]  # fmt: skip
    categories = query(
        "SELECT alert_code, label, label_fr, bounds_min, bounds_max, legend_label, alert_label, color "
        "FROM sagui_atmoalertcategories ORDER BY bounds_min"
    )
    assert categories == [
        ("a0", "Bon", "Bon", -1000, 0.4, "< 0.4", "Aucune", "#00FFFF89"),
        ("a1", "Moyen", "Moyen", 0.4, 0.6, None, "Faible", "#54C372FF"),
        ("a2", "Dégradé", "Dégradé", 0.6, 0.9, None, "Moyenne", "#FFFF00FF"),
        ("a3", "Mauvais", "Mauvais", 0.9, 1.2, None, "Haute", "#EA4335FF"),
        ("a4", "Très mauvais", "Très mauvais", 1.2, 1.5, None, "Très haute", "#980000FF"),
        ("a5", "Extrêmement mauvais", "Extrêmement mauvais", 1.5, 10000, "> 1.5", "Critique", "#674EA7FF"),
    ]
    assert query(
        "SELECT count(*) FROM sagui_atmoalertcategories WHERE '' IN (label_fr, label_en, label_pt)"
    ) == [(0,)]


def test_sequence_continues_after_the_seeds(database: Database) -> None:
    rows = database.query(
        "INSERT INTO stations_reference_flow_period (period) VALUES ('2020-2030') RETURNING id", role="api"
    )
    assert rows == [(5,)]


STATION = "INSERT INTO hyfaa_stations (code, name, minibasin_id, {}) VALUES ('c', 'n', 1, {})"


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO sagui_saguiconfig (id, max_ordem, use_dataset) VALUES (2, 1, 'assimilated')",
        "UPDATE sagui_saguiconfig SET use_dataset = 'forecast'",
        STATION.format("threshold_drought", "-9999"),
        STATION.format("threshold_flood_low, threshold_flood_mid", "5, 4"),
        STATION.format("threshold_drought, threshold_flood_high", "5, 5"),
        "INSERT INTO hyfaa_drainage VALUES (2, ST_SetSRID(ST_MakePoint(0, 0), 4326))",
        "INSERT INTO hyfaa_catchments VALUES (2, 1, ST_GeomFromText('LINESTRING(0 0, 1 1)', 4326))",
        "INSERT INTO hyfaa_data_forecast (cell_id, date) VALUES (0, '2026-01-01')",
        "DELETE FROM hyfaa_drainage WHERE mini = 1",
        "INSERT INTO sagui_atmoalertcategories (label, bounds_min, bounds_max, color) VALUES ('x', 2, 1, '#')",
        "UPDATE hyfaa_stations SET reference_conversion = 'pg_sleep(1)'",
        "INSERT INTO stations_reference_flow (period_id, day_of_year, station_id, flow) VALUES (1, 367, 1, 1)",
        "INSERT INTO stations_reference_flow (period_id, day_of_year, station_id, flow) VALUES (1, 1, 1, -1)",
    ],
)
def test_nonsense_is_refused(module_database: Database, statement: str) -> None:
    connection = psycopg2.connect(module_database.url("owner"))
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO hyfaa_drainage VALUES (1, ST_GeomFromText('LINESTRING(0 0, 1 1)', 4326))")
        cursor.execute("INSERT INTO hyfaa_stations (id, code, name, minibasin_id) VALUES (1, 'a', 'a', 1)")
        with pytest.raises(psycopg2.IntegrityError):
            cursor.execute(f"{statement}; SET CONSTRAINTS ALL IMMEDIATE")
    connection.close()


def test_a_station_may_lack_thresholds(database: Database) -> None:
    database.query("INSERT INTO hyfaa_drainage VALUES (1, ST_GeomFromText('LINESTRING(0 0, 1 1)', 4326))")
    database.query(STATION.format("threshold_drought, threshold_flood_mid", "1, 4"), role="pipelines")
    assert database.query("SELECT id, threshold_flood_low, imported FROM hyfaa_stations") == [(1, None, {})]


def test_migrations_can_be_undone_and_redone(database: Database) -> None:
    owner = {"SAGUI_OWNER_DATABASE_URL": database.url("owner")}
    views = database.query(
        "SELECT string_agg(format('%I.%I', n.nspname, c.relname), ', ') FROM pg_class c "
        "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'guyane' AND c.relkind = 'm'"
    )[0][0]
    database.query(f"DROP MATERIALIZED VIEW {views} CASCADE")
    for (view,) in database.query("SELECT viewname FROM pg_views WHERE schemaname = 'guyane'"):
        database.query(f"DROP VIEW IF EXISTS guyane.{view} CASCADE")
    back = manage("migrate", "sagui", "zero", **owner)
    assert back.returncode == 0, back.stderr
    assert database.query("SELECT count(*) FROM pg_tables WHERE tablename ~ '^(hyfaa|sagui|stations)_'") == [
        (0,)
    ]
    for command in (["migrate"], ["apply_sql"]):
        done = manage(*command, **owner)
        assert done.returncode == 0, done.stderr
    assert database.query("SELECT count(*) FROM guyane.publish_layers()", role="pipelines") == [(14,)]
