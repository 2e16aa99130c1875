"""The variables of each service, from the container's own and from the secrets that it was given."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from urllib.parse import quote

from tools.compose import secret_files
from tools.native import settings as operator
from tools.native.errors import LaunchError
from tools.native.layout import ROOT

# Secret, variable, role, database, scheme.
_DATABASES = (
    ("owner_password", "SAGUI_OWNER_DATABASE_URL", "sagui_owner", "sagui", "postgresql"),
    ("api_password", "SAGUI_API_DATABASE_URL", "sagui_api", "sagui", "postgresql"),
    ("pipelines_password", "SAGUI_PIPELINES_DATABASE_URL", "sagui_pipelines", "sagui", "postgresql"),
    # Dagster hands the address to SQLAlchemy, whose default driver for postgresql:// is another one.
    ("dagster_password", "SAGUI_DAGSTER_DATABASE_URL", "sagui_dagster", "dagster", "postgresql+psycopg2"),
)
_OPTIONAL_FILES = {
    "alarm_smtp_password": "SAGUI_ALARM_SMTP_PASSWORD_FILE",
    "alarm_webhook_secret": "SAGUI_ALARM_WEBHOOK_SECRET_FILE",
    "hyfaa_api_key": "SAGUI_HYFAA_API_KEY_FILE",
}


def database_urls() -> dict[str, str]:
    """Address of the database for every role whose password this container has, by variable."""
    host = os.environ.get("SAGUI_DATABASE_HOST", "database")
    port = os.environ.get("SAGUI_DATABASE_PORT", "5432")
    return {
        variable: f"{scheme}://{role}:{quote(secret_files.read(secret), safe='')}@{host}:{port}/{database}"
        for secret, variable, role, database, scheme in _DATABASES
        if (secret_files.FOLDER / secret).exists()
    }


def load() -> dict[str, str]:
    """Variables of the service: the container's without the empty ones, database addresses, files with secrets."""
    values = {name: value for name, value in os.environ.items() if value or not name.startswith("SAGUI_")}
    values |= database_urls()
    values |= {
        variable: str(secret_files.FOLDER / secret)
        for secret, variable in _OPTIONAL_FILES.items()
        if secret_files.is_given(secret)
    }
    if (secret_files.FOLDER / "django_secret_key").exists():
        secret_files.read("django_secret_key")
        values["SAGUI_SECRET_KEY_FILE"] = str(secret_files.FOLDER / "django_secret_key")
    return values


def with_dagster(values: dict[str, str]) -> dict[str, str]:
    """Add what every Dagster process needs, and make Dagster's home in the state volume.

    Raises:
        LaunchError: the state volume cannot be written, or simulated data would be shown as real ones.
    """
    given = operator.Settings({name: text for name, text in values.items() if name.startswith("SAGUI_")})
    if given.is_simulated and secret_files.in_production():
        raise LaunchError(
            "SAGUI_HYFAA_RUNNER is simulated, and this is production: invented floods would look real.",
            "Set SAGUI_HYFAA_RUNNER to none (files arrive from elsewhere), process or docker.",
        )
    state = Path(values["SAGUI_STATE_DIR"])
    home = state / "dagster"
    try:
        home.mkdir(exist_ok=True)
        shutil.copyfile(ROOT / "compose" / "dagster" / "dagster.yaml", home / f".dagster.yaml.{os.getpid()}")
        (home / f".dagster.yaml.{os.getpid()}").replace(home / "dagster.yaml")
        basin = operator.with_basin(given, state).values
    except OSError as error:
        status = state.stat()
        raise LaunchError(
            f"The state volume cannot be written ({error.strerror}: {error.filename}). It belongs to user "
            f"{status.st_uid}:{status.st_gid}, this service runs as {os.getuid()}:{os.getgid()}.",
            "Make room on its disk; or start with USER_ID and GROUP_ID of its owner; or give it to the new one: docker run "
            f"--rm -v VOLUME:/v debian:bookworm-slim chown -R {os.getuid()}:{os.getgid()} /v (docker volume ls shows its name).",
        ) from error
    return {**values, **basin, "DAGSTER_HOME": str(home)}
