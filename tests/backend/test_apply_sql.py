"""apply_sql: only when something changed, all or nothing, errors that can be found."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from sagui_backend.sagui.sql_files import SqlFile, sql_files
from tests.backend.conftest import manage, manage_python
from tests.conftest import ROOT, Database


def apply(database: Database, *options: str) -> subprocess.CompletedProcess[str]:
    """Result of the command."""
    return manage("apply_sql", *options, SAGUI_OWNER_DATABASE_URL=database.url("owner"))


def apply_copy(database: Database, folder: Path) -> subprocess.CompletedProcess[str]:
    """Result of the command with the files of another folder."""
    code = (
        "import django, sys; from pathlib import Path; django.setup(); "
        "from sagui_backend.sagui import sql_files; from django.core.management import execute_from_command_line; "
        f"sql_files.files = lambda package: Path({str(folder)!r}); "
        "execute_from_command_line(['manage.py', 'apply_sql'])"
    )
    return manage_python(code, SAGUI_DATABASE_ROLE="owner", SAGUI_OWNER_DATABASE_URL=database.url("owner"))


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A copy of the SQL files."""
    for path in (ROOT / "sagui_backend" / "sql").glob("*.sql"):
        shutil.copy(path, tmp_path)
    return tmp_path


def test_files_are_found_in_order() -> None:
    assert [file.name for file in sql_files()] == [
        "100_functions.sql", "200_views.sql", "300_tiles.sql", "310_layers.sql", "320_publication.sql",
        "900_grants.sql",
    ]  # fmt: skip


def test_statements_are_cut_at_semicolons_only() -> None:
    text = """-- first; not a cut
SELECT ';' AS "a;b";

/* nor; here */
DO $body$ BEGIN PERFORM 1; END $body$;
SELECT 'it''s; one'
-- the end;
"""
    statements = SqlFile("x.sql", text).statements()
    assert [statement.line for statement in statements] == [1, 4, 6]
    assert statements[1].text.endswith("$body$")
    assert statements[0].line_of(statements[0].text.index("SELECT") + 1) == 2


@pytest.mark.postgis
def test_second_time_does_nothing_and_force_does(database: Database) -> None:
    before = database.query("SELECT name, sha256, applied_at, xmin::text FROM sagui_sqlstate ORDER BY name")
    again = apply(database)
    assert again.stdout == "SQL files: up to date.\n"
    assert (
        database.query("SELECT name, sha256, applied_at, xmin::text FROM sagui_sqlstate ORDER BY name")
        == before
    )
    forced = apply(database, "--force")
    assert forced.stdout.startswith("SQL files: applied 100_functions.sql"), forced.stderr
    after = database.query("SELECT name, sha256, applied_at, xmin::text FROM sagui_sqlstate ORDER BY name")
    assert [row[:2] for row in after] == [row[:2] for row in before]
    assert all(new[2] > old[2] for new, old in zip(after, before, strict=True))


@pytest.mark.postgis
def test_changed_file_is_applied(database: Database, files: Path) -> None:
    with (files / "100_functions.sql").open("a") as stream:
        stream.write("\nCREATE FUNCTION guyane.added() RETURNS integer LANGUAGE sql AS $$ SELECT 7 $$;\n")
    done = apply_copy(database, files)
    assert done.returncode == 0, done.stderr
    assert database.query("SELECT guyane.added()") == [(7,)]


@pytest.mark.postgis
def test_error_names_file_and_line_and_nothing_is_applied(database: Database, files: Path) -> None:
    path = files / "200_views.sql"
    lines = path.read_text().count("\n")
    path.write_text(
        path.read_text()
        + "\nCREATE VIEW guyane.broken AS\nSELECT 1 AS one,\n       missing_column\nFROM hyfaa_drainage;\n"
    )
    (files / "100_functions.sql").write_text(
        "CREATE FUNCTION guyane.early() RETURNS integer LANGUAGE sql AS $$ SELECT 1 $$;"
        + (files / "100_functions.sql").read_text()
    )
    done = apply_copy(database, files)
    assert done.returncode == 1
    assert f'200_views.sql, line {lines + 4}: column "missing_column" does not exist' in done.stderr
    assert "Traceback" not in done.stderr
    assert database.query("SELECT to_regproc('guyane.early')") == [(None,)]
    assert apply(database).stdout == "SQL files: up to date.\n"


@pytest.mark.postgis
def test_everything_belongs_to_the_owner_and_is_described(module_database: Database) -> None:
    owners = module_database.query(
        "SELECT DISTINCT pg_get_userbyid(owner) FROM (SELECT relowner AS owner FROM pg_class "
        "WHERE relnamespace = 'guyane'::regnamespace UNION ALL SELECT proowner FROM pg_proc "
        "WHERE pronamespace = 'guyane'::regnamespace) AS objects"
    )
    assert owners == [("sagui_owner",)]
    undescribed = module_database.query(
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'guyane'::regnamespace AND relkind IN ('v', 'm') "
        "AND obj_description(oid, 'pg_class') IS NULL "
        "UNION ALL SELECT proname::text FROM pg_proc WHERE pronamespace = 'guyane'::regnamespace "
        "AND obj_description(oid, 'pg_proc') IS NULL"
    )
    assert undescribed == []


@pytest.mark.postgis
def test_definer_functions_have_a_fixed_search_path(module_database: Database) -> None:
    rows = module_database.query(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'guyane'::regnamespace AND prosecdef "
        "AND NOT coalesce(array_to_string(proconfig, ','), '') LIKE '%search_path=%pg_temp%'"
    )
    assert rows == []
