"""What the backend reads from the environment: typed, checked, without any default secret."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import Field, IPvAnyNetwork, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from sagui_pipelines.errors import SettingsInvalid

CommaList = Annotated[tuple[str, ...], NoDecode]
_SECRET_BYTES = 32
# How keys begin that stand in public files: this project's for development, and those of Django's examples.
_KNOWN_KEYS = ("dev-only-", "django-insecure-")
_GENERATE_KEY = "Generate one: python -c 'import secrets; print(secrets.token_urlsafe(48))'."
SCHEMA_COMMANDS = frozenset(
    {"apply_sql", "check_schema", "makemigrations", "migrate", "showmigrations", "sqlmigrate"}
)
BUILD_COMMANDS = frozenset({"check", "collectstatic", "compilemessages", "help", "makemessages"})


class DatabaseRole(StrEnum):
    """With which rights a process connects; `manage.py` chooses by command, all else is `API`."""

    API = "api"
    OWNER = "owner"
    NONE = "none"


def role_of_command(arguments: list[str]) -> DatabaseRole:
    """Database role of `manage.py` with these arguments."""
    command = arguments[1] if len(arguments) > 1 else "help"
    if command in SCHEMA_COMMANDS:
        return DatabaseRole.OWNER
    return DatabaseRole.NONE if command in BUILD_COMMANDS or command.startswith("-") else DatabaseRole.API


class Environment(BaseSettings):
    """Settings of the backend, each from the variable `SAGUI_<NAME>`.

    Attributes:
        database_role: with which rights to connect; set by `manage.py`, not by people.
        owner_database_url: database with the role that owns the schema; schema commands only.
        api_database_url: database with the role of the web process.
        secret_key, secret_key_file: Django's signing key, or the file that holds it.
        allowed_hosts: host names that the web process answers to; none by default.
        csrf_trusted_origins: origins (scheme and host) of the public address.
        tls: the public address is https and its proxy sets X-Forwarded-Proto.
        hsts_seconds: how long browsers must insist on https [s]; used with `tls`.
        static_root: where collectstatic writes.
        log_level: level of the backend's log.
        stale_after_days: age of data [days] after which the API calls them stale.
        path_to_atmo_files: folder of the aerosol images (`styled/`, `raw/`); without it there are none.
        atmo_zones_file: GeoJSON polygons in which air is judged; without it the whole image counts.
        admin_hosts: host names under which the admin exists, each also in `allowed_hosts`; empty: all of them.
        admin_networks: addresses of people who may reach the admin, such as 10.0.0.0/8; empty: everybody's.
        admin_basemap_url: tiles {z}/{x}/{y} below the admin's maps; none by default, so no internet is needed.
        admin_basemap_attribution: whom to name on them.
        map_basemap_url: raster tiles {z}/{x}/{y} below the public map; none by default, so no internet is needed.
        map_basemap_attribution: whom to name on them.
        purge_url: where the cache takes purges, to be told of edits; empty when no cache runs.
        trusted_proxies: our own proxies between browsers and the web process; they append to X-Forwarded-For.
        gdal_library, geos_library: shared libraries to use instead of those found.
    """

    model_config = SettingsConfigDict(env_prefix="SAGUI_", env_ignore_empty=True, frozen=True)

    database_role: DatabaseRole = DatabaseRole.API
    owner_database_url: str = ""
    api_database_url: str = ""
    secret_key: str = ""
    secret_key_file: Path | None = None
    allowed_hosts: CommaList = ()
    csrf_trusted_origins: CommaList = ()
    tls: bool = True
    hsts_seconds: int = 31_536_000
    static_root: Path | None = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    stale_after_days: int = Field(default=2, ge=0)
    path_to_atmo_files: Path | None = None
    atmo_zones_file: Path | None = None
    admin_hosts: CommaList = ()
    admin_networks: Annotated[tuple[IPvAnyNetwork, ...], NoDecode] = ()
    admin_basemap_url: str = ""
    admin_basemap_attribution: str = ""
    map_basemap_url: str = ""
    map_basemap_attribution: str = ""
    purge_url: str = ""
    trusted_proxies: int = Field(default=1, ge=0)
    gdal_library: Path | None = None
    geos_library: Path | None = None

    @field_validator("allowed_hosts", "csrf_trusted_origins", "admin_hosts", "admin_networks", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    def signing_key(self) -> str:
        """Django's secret key, or an empty text when none is set.

        Raises:
            SettingsInvalid: the file cannot be read, the key is too short to sign anything, or everybody knows it and the
                site is more than a developer's own.
        """
        source, key = "SAGUI_SECRET_KEY", self.secret_key
        if not key and self.secret_key_file:
            source = "SAGUI_SECRET_KEY_FILE"
            try:
                key = self.secret_key_file.read_text().strip()
            except OSError as error:
                raise SettingsInvalid(
                    source,
                    f"cannot read {self.secret_key_file}: {error.strerror}",
                    "Point it at a readable file.",
                ) from error
        if key and len(key) < _SECRET_BYTES:
            raise SettingsInvalid(
                source, f"has {len(key)} characters, fewer than {_SECRET_BYTES}", _GENERATE_KEY
            )
        if self.tls and key.startswith(_KNOWN_KEYS):
            raise SettingsInvalid(source, "is the default that everybody knows", _GENERATE_KEY)
        return key


def load_environment() -> Environment:
    """Read the environment; a wrong value names its variable."""
    try:
        return Environment()
    except ValidationError as error:
        first = error.errors()[0]
        variable = f"SAGUI_{'_'.join(str(part) for part in first['loc']).upper()}"
        raise SettingsInvalid(
            variable, f"has the value {first['input']!r}: {first['msg']}", "Correct or unset it."
        ) from error


def require(variable: str, value: str) -> str:
    """Return a value that must be set.

    Raises:
        SettingsInvalid: it is empty.
    """
    if not value:
        raise SettingsInvalid(variable, "is not set", "Set it; `.env.example` lists every setting.")
    return value


def database_settings(variable: str, url: str) -> dict[str, Any]:
    """Django's settings for one database address.

    Args:
        variable: name of the variable the address comes from, for messages.
        url: postgresql://user:password@host:port/database, with libpq options as query.

    Raises:
        SettingsInvalid: the address is not of that form.
    """
    remedy = "Write it as postgresql://user:password@host:port/database."
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise SettingsInvalid(variable, "is not an address", remedy) from error
    name = unquote(parts.path.removeprefix("/"))
    if parts.scheme not in {"postgresql", "postgres"} or not name or not parts.username:
        raise SettingsInvalid(variable, "is not the address of a PostgreSQL database", remedy)
    return {
        "ENGINE": "django.contrib.gis.db.backends.postgis",
        "NAME": name,
        "USER": unquote(parts.username),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": 5,
            "application_name": "sagui-backend",
            "options": "-c search_path=guyane,public",
            **dict(parse_qsl(parts.query)),
        },
    }
