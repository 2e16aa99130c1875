"""Settings fail closed, name their variable, and choose the database role by command."""

from __future__ import annotations

from pathlib import Path

import pytest

from sagui_backend.config.environment import (
    DatabaseRole,
    Environment,
    database_settings,
    load_environment,
    role_of_command,
)
from sagui_backend.config.libraries import gdal_library, geos_library
from sagui_pipelines.errors import SettingsInvalid
from tests.backend.conftest import manage, manage_python
from tests.conftest import ROOT

KEY = "k" * 40
KNOWN_KEYS = [
    (ROOT / "compose" / "secrets-dev" / "django_secret_key.txt").read_text().strip(),
    "django-insecure-" + KEY,
]


def test_fault_102_no_secret_has_a_default() -> None:
    environment = Environment()
    assert environment.signing_key() == ""
    assert environment.owner_database_url == environment.api_database_url == ""
    assert environment.allowed_hosts == ()
    assert environment.tls


@pytest.mark.parametrize("key", KNOWN_KEYS, ids=["development", "example"])
def test_fault_102_a_key_that_everybody_knows_is_refused(key: str) -> None:
    with pytest.raises(SettingsInvalid, match="SAGUI_SECRET_KEY: is the default that everybody knows"):
        Environment(secret_key=key).signing_key()
    assert Environment(secret_key=key, tls=False).signing_key() == key
    done = manage(
        "createsuperuser", SAGUI_API_DATABASE_URL="postgresql://u:p@127.0.0.1/d", SAGUI_SECRET_KEY=key
    )
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


def test_fault_116_the_log_is_ordinary_and_tells_no_settings() -> None:
    assert Environment().log_level == "INFO"
    done = manage("check", SAGUI_ALLOWED_HOSTS="very-secret.example", SAGUI_SECRET_KEY=KEY)
    assert done.returncode == 0, done.stderr
    assert "very-secret" not in done.stdout + done.stderr
    assert KEY not in done.stdout + done.stderr


def test_key_comes_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY + "\n")
    assert Environment(secret_key_file=tmp_path / "key").signing_key() == KEY


@pytest.mark.parametrize("text", ["short", "x" * 31])
def test_short_key_is_refused(text: str) -> None:
    with pytest.raises(SettingsInvalid, match="SAGUI_SECRET_KEY: has"):
        Environment(secret_key=text).signing_key()


def test_missing_key_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match=r"SAGUI_SECRET_KEY_FILE: cannot read .*nothing"):
        Environment(secret_key_file=tmp_path / "nothing").signing_key()


def test_lists_are_comma_separated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAGUI_ALLOWED_HOSTS", "a.example, b.example,")
    assert load_environment().allowed_hosts == ("a.example", "b.example")


@pytest.mark.parametrize(
    ("name", "value"), [("TLS", "perhaps"), ("HSTS_SECONDS", "a year"), ("LOG_LEVEL", "LOUD")]
)
def test_wrong_value_names_its_variable(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"SAGUI_{name}", value)
    with pytest.raises(SettingsInvalid, match=f"SAGUI_{name}: has the value '{value}'"):
        load_environment()


def test_database_address_is_decoded() -> None:
    settings = database_settings("URL", "postgresql://me:p%40ss%2Fword@db.example:5433/sagui?sslmode=require")
    found = [settings[key] for key in ("USER", "PASSWORD", "HOST", "PORT", "NAME")]
    assert found == ["me", "p@ss/word", "db.example", "5433", "sagui"]
    assert settings["OPTIONS"]["sslmode"] == "require"
    assert settings["OPTIONS"]["options"] == "-c search_path=guyane,public"


@pytest.mark.parametrize(
    "url", ["mysql://u:p@h/d", "postgresql://u:p@h:port/d", "postgresql://u:p@h/", "sagui"]
)
def test_wrong_database_address_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(SettingsInvalid, match=r"SAGUI_API_DATABASE_URL: is not") as error:
        database_settings("SAGUI_API_DATABASE_URL", url)
    assert url not in str(error.value)


@pytest.mark.parametrize(
    ("command", "role"),
    [
        ("migrate", DatabaseRole.OWNER),
        ("apply_sql", DatabaseRole.OWNER),
        ("collectstatic", DatabaseRole.NONE),
        ("--help", DatabaseRole.NONE),
        ("createsuperuser", DatabaseRole.API),
        ("runserver", DatabaseRole.API),
    ],
)
def test_command_decides_the_role(command: str, role: DatabaseRole) -> None:
    assert role_of_command(["manage.py", command]) is role


def test_schema_command_without_address_is_one_line() -> None:
    done = manage("migrate", SAGUI_API_DATABASE_URL="postgresql://u:p@127.0.0.1/d", SAGUI_SECRET_KEY=KEY)
    assert done.returncode == 2
    assert done.stderr.startswith("SAGUI_OWNER_DATABASE_URL: is not set.")
    assert len(done.stderr.splitlines()) == 1


def test_web_command_needs_a_key() -> None:
    done = manage("createsuperuser", SAGUI_API_DATABASE_URL="postgresql://u:p@127.0.0.1/d")
    assert done.returncode == 2
    assert done.stderr.startswith("SAGUI_SECRET_KEY or SAGUI_SECRET_KEY_FILE: is not set.")


def test_static_files_are_collected_without_a_database(tmp_path: Path) -> None:
    done = manage("collectstatic", "--noinput", SAGUI_STATIC_ROOT=str(tmp_path / "static"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "static" / "admin" / "css" / "base.css").exists()


def test_production_profile_passes_the_deployment_check() -> None:
    done = manage(
        "check", "--deploy", "--fail-level", "WARNING",
        SAGUI_SECRET_KEY="Tz1-" * 16 + "abcdefgh",
        SAGUI_ALLOWED_HOSTS="sagui.example",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_libraries_are_found_and_a_wrong_path_is_refused(tmp_path: Path) -> None:
    assert Path(gdal_library(None)).name.startswith("libgdal")
    assert Path(geos_library(None)).name.startswith("libgeos_c")
    with pytest.raises(SettingsInvalid, match="SAGUI_GDAL_LIBRARY"):
        gdal_library(tmp_path / "libgdal.so")


@pytest.mark.parametrize("wheels", [True, False], ids=["wheels", "system"])
def test_django_transforms_with_either_library(monkeypatch: pytest.MonkeyPatch, wheels: bool) -> None:
    variables = {}
    if not wheels:
        system = Path("/usr/lib/x86_64-linux-gnu")
        found = [next(iter(system.glob(f"{name}.so.*")), None) for name in ("libgdal", "libgeos_c")]
        if None in found:
            pytest.skip("this system has no GDAL of its own; the wheels' is used")
        variables = {"SAGUI_GDAL_LIBRARY": str(found[0]), "SAGUI_GEOS_LIBRARY": str(found[1])}
    code = (
        "import django; django.setup(); from django.contrib.gis.geos import Point; "
        "point = Point(-53, 4, srid=4326); point.transform(3857); print(round(point.x), round(point.y))"
    )
    done = manage_python(code, SAGUI_DATABASE_ROLE="none", **variables)
    assert done.stdout.split() == ["-5899933", "445640"], done.stderr
