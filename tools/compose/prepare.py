"""What the database needs before anybody uses it: tables, SQL objects, Dagster's own tables, the administrator."""

from __future__ import annotations

import os
from collections.abc import Mapping

import django
import psycopg2
from alembic.util import CommandError as AlembicError
from dagster import DagsterInstance
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from sqlalchemy.exc import DBAPIError

from tools.compose import secret_files
from tools.native.errors import LaunchError

_EMPTY = """The platform is empty: no rivers, no series, no tiles yet.
  With the simulated basin (development): docker compose ... exec dagster-daemon sagui load
  With HYFAA's files: SAGUI_HYFAA_WORKDIR, SAGUI_GEODATA_DIR, SAGUI_STATIONS_FILE, SAGUI_REFERENCE_FLOW_FILE; see compose/README.md"""
_REMEDY = (
    "The services of this version have not been started. Correct the cause, then start again; where nothing else is said, "
    "the data are as they were."
)


def prepare(environment: Mapping[str, str]) -> None:
    """Bring an empty or older database to this version's state; a current one stays as it is.

    Raises:
        LaunchError: a step failed, or a newer version has worked on the database.
    """
    os.environ.update(environment)
    os.environ |= {"DJANGO_SETTINGS_MODULE": "sagui_backend.config.settings", "SAGUI_DATABASE_ROLE": "owner"}
    django.setup()
    _command("check_schema")
    _command("migrate", interactive=False)
    _command("apply_sql")
    _make_administrator(environment)
    _dagster()
    if not _exists(environment, "SELECT 1 FROM guyane.hyfaa_drainage"):
        print(_EMPTY, flush=True)
    print("The database is ready for this version.", flush=True)


def _command(name: str, **options: object) -> None:
    try:
        call_command(name, **options)
    except (CommandError, DatabaseError) as error:
        raise LaunchError(f"`{name}` failed: {str(error).strip()}", _REMEDY) from error


def _make_administrator(environment: Mapping[str, str]) -> None:
    name = environment.get("SAGUI_ADMIN_USER", "admin")
    if _exists(environment, "SELECT 1 FROM auth_user WHERE username = %s", name):
        return
    os.environ["DJANGO_SUPERUSER_PASSWORD"] = secret_files.read("admin_password")
    _command(
        "createsuperuser",
        interactive=False,
        username=name,
        email=environment.get("SAGUI_ADMIN_EMAIL", "admin@localhost"),
    )


def _dagster() -> None:
    with DagsterInstance.get() as instance:
        try:
            instance.upgrade()
        except (AlembicError, DBAPIError) as error:
            raise LaunchError(
                f"Dagster's own tables cannot be brought to this version: {error}. Perhaps a newer version made them.",
                _REMEDY,
            ) from error


def _exists(environment: Mapping[str, str], rows: str, *parameters: object) -> bool:
    """Whether a query finds anything, as the owner sees it."""
    connection = psycopg2.connect(environment["SAGUI_OWNER_DATABASE_URL"])
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(f"{rows} LIMIT 1", parameters)
            return cursor.fetchone() is not None
    finally:
        connection.close()
