"""Partitions made by a role that owns nothing."""

from __future__ import annotations

import psycopg2
import pytest

from tests.backend.conftest import manage
from tests.conftest import Database

pytestmark = pytest.mark.postgis

PARENTS = [
    "hyfaa_data_mgbstandard",
    "hyfaa_data_assimilated",
    "hyfaa_data_forecast_archive",
    "sagui_rainfall",
]


def partitions(database: Database, parent: str) -> list[str]:
    """Names of the attached partitions."""
    rows = database.query(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = to_regclass(%s) ORDER BY 1",
        parent,
    )
    return [str(name) for (name,) in rows]


def shape(database: Database, table: str) -> tuple[list[object], list[object]]:
    """Constraints and indexes of a table, without its own name in them."""
    constraints = database.query(
        "SELECT replace(conname, %s, ''), pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE conrelid = to_regclass(%s) ORDER BY 1",
        table,
        table,
    )
    indexes = database.query(
        "SELECT replace(indexdef, %s, '') FROM pg_indexes WHERE tablename = %s ORDER BY 1", table, table
    )
    return list(constraints), list(indexes)


@pytest.mark.parametrize("parent", PARENTS)
def test_both_ways_make_the_same_partition(database: Database, parent: str) -> None:
    query = database.query
    assert query("SELECT guyane.create_series_partition(%s, 2024)", parent, role="pipelines") == [
        (f"{parent}_y2024",)
    ]
    for step in ("stage", "attach"):
        name = query(f"SELECT guyane.{step}_series_partition(%s, 2025)", parent, role="pipelines")
        assert name == [(f"{parent}_y2025",)]
    assert partitions(database, parent) == [f"{parent}_y2024", f"{parent}_y2025"]
    assert shape(database, f"{parent}_y2024") == shape(database, f"{parent}_y2025")
    grants = query(
        "SELECT relname, relacl::text FROM pg_class WHERE relname LIKE %s AND relkind = 'r' ORDER BY 1",
        f"{parent}_y%",
    )
    assert grants[0][1] == grants[1][1]
    assert "sagui_pipelines=arwd/" in str(grants[0][1])
    assert "sagui_api=r/" in str(grants[0][1])


def test_creating_again_changes_nothing(database: Database) -> None:
    for _ in range(2):
        database.query("SELECT guyane.create_series_partition('sagui_rainfall', 2025)", role="pipelines")
    assert partitions(database, "sagui_rainfall") == ["sagui_rainfall_y2025"]


def test_staged_year_is_copied_then_attached_in_one_transaction(database: Database) -> None:
    connection = psycopg2.connect(database.url("pipelines"))
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT guyane.stage_series_partition('sagui_rainfall', 2025)")
        cursor.execute("SELECT count(*) FROM pg_indexes WHERE tablename = 'sagui_rainfall_y2025'")
        assert cursor.fetchone() == (0,)
        cursor.execute(
            "INSERT INTO sagui_rainfall_y2025 SELECT c, DATE '2025-01-01' + d, 1 "
            "FROM generate_series(1, 3) AS c, generate_series(0, 364) AS d"
        )
        cursor.execute("SELECT guyane.attach_series_partition('sagui_rainfall', 2025)")
    connection.close()
    assert database.query("SELECT count(*), max(date)::text FROM sagui_rainfall", role="api") == [
        (1095, "2025-12-31")
    ]
    conflict = (
        "INSERT INTO sagui_rainfall VALUES (1, '2025-01-01', 9) "
        "ON CONFLICT ON CONSTRAINT rainfall_unique_cellid_day DO UPDATE SET rain = excluded.rain RETURNING rain"
    )
    assert database.query(conflict, role="pipelines") == [(9.0,)]
    assert database.query("SELECT reltuples FROM pg_class WHERE relname = 'sagui_rainfall_y2025'") == [
        (1095.0,)
    ]


def test_attaching_reads_no_rows_to_check_the_year(database: Database) -> None:
    """The helper check proves the year, so ATTACH skips its scan; afterwards the check is gone."""
    connection = psycopg2.connect(
        database.url("owner"), options="-c search_path=guyane,public -c client_min_messages=debug1"
    )
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT guyane.stage_series_partition('sagui_rainfall', 2025)")
        cursor.execute("SELECT guyane.attach_series_partition('sagui_rainfall', 2025)")
        notices = "".join(connection.notices)
    connection.close()
    assert (
        'partition constraint for table "sagui_rainfall_y2025" is implied by existing constraints' in notices
    )
    names = [name for name, _ in shape(database, "sagui_rainfall_y2025")[0]]
    assert "_bounds" not in names


def test_rows_of_another_year_are_refused(database: Database) -> None:
    connection = psycopg2.connect(database.url("pipelines"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT guyane.stage_series_partition('sagui_rainfall', 2025)")
        with pytest.raises(psycopg2.IntegrityError):
            cursor.execute("INSERT INTO sagui_rainfall_y2025 VALUES (1, '2026-01-01', 1)")
    connection.close()


def test_rollback_leaves_nothing(database: Database) -> None:
    connection = psycopg2.connect(database.url("pipelines"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT guyane.create_series_partition('sagui_rainfall', 2024)")
        cursor.execute("SELECT guyane.stage_series_partition('sagui_rainfall', 2025)")
        cursor.execute("INSERT INTO sagui_rainfall_y2025 VALUES (1, '2025-06-01', 1)")
        cursor.execute("SELECT guyane.attach_series_partition('sagui_rainfall', 2025)")
    connection.rollback()
    connection.close()
    assert partitions(database, "sagui_rainfall") == []
    assert database.query("SELECT count(*) FROM pg_class WHERE relname LIKE 'sagui_rainfall_y%'") == [(0,)]


def test_staging_replaces_an_empty_year_and_refuses_a_filled_one(database: Database) -> None:
    query = database.query
    query("SELECT guyane.create_series_partition('sagui_rainfall', 2025)", role="pipelines")
    query("SELECT guyane.stage_series_partition('sagui_rainfall', 2025)", role="pipelines")
    assert partitions(database, "sagui_rainfall") == []
    query("SELECT guyane.stage_series_partition('sagui_rainfall', 2025)", role="pipelines")
    query("INSERT INTO sagui_rainfall_y2025 VALUES (1, '2025-06-01', 1)", role="pipelines")
    query("SELECT guyane.attach_series_partition('sagui_rainfall', 2025)", role="pipelines")
    with pytest.raises(
        psycopg2.errors.ObjectNotInPrerequisiteState, match="sagui_rainfall_y2025 already holds rows"
    ):
        query("SELECT guyane.stage_series_partition('sagui_rainfall', 2025)", role="pipelines")
    with pytest.raises(
        psycopg2.errors.ObjectNotInPrerequisiteState, match="sagui_rainfall_y2025 is not staged"
    ):
        query("SELECT guyane.attach_series_partition('sagui_rainfall', 2025)", role="pipelines")
    with pytest.raises(
        psycopg2.errors.ObjectNotInPrerequisiteState, match="sagui_rainfall_y2026 is not staged"
    ):
        query("SELECT guyane.attach_series_partition('sagui_rainfall', 2026)", role="pipelines")
    assert query("SELECT count(*) FROM sagui_rainfall") == [(1,)]


@pytest.mark.parametrize("function", ["create", "stage", "attach"])
@pytest.mark.parametrize(
    ("parent", "year", "message"),
    [
        ("auth_user", 2025, "table 'auth_user' has no partitions"),
        ("hyfaa_data_forecast", 2025, "'hyfaa_data_forecast' has no partitions"),
        ("sagui_rainfall; DROP TABLE x", 2025, "has no partitions"),
        (None, 2025, "table NULL has no partitions"),
        ("sagui_rainfall", 1, "year 1 is not between"),
        ("sagui_rainfall", None, "year NULL is not between"),
    ],
)
def test_anything_else_is_refused(
    module_database: Database, function: str, parent: str | None, year: int | None, message: str
) -> None:
    with pytest.raises(psycopg2.errors.InvalidParameterValue, match=message):
        module_database.query(
            f"SELECT guyane.{function}_series_partition(%s, %s)", parent, year, role="pipelines"
        )


def test_rights_survive_another_apply_sql(database: Database) -> None:
    database.query("SELECT guyane.create_series_partition('sagui_rainfall', 2025)", role="pipelines")
    done = manage("apply_sql", "--force", SAGUI_OWNER_DATABASE_URL=database.url("owner"))
    assert done.returncode == 0, done.stderr
    database.query("INSERT INTO sagui_rainfall_y2025 VALUES (1, '2025-06-01', 1)", role="pipelines")
    assert database.query("SELECT count(*) FROM sagui_rainfall_y2025", role="api") == [(1,)]
