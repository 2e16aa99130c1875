"""The command `sagui` of the platform's image.

sagui prepare              bring the database to this version: tables, SQL files, administrator
sagui backend              Django behind gunicorn
sagui code-server          Dagster's code server; with --reload one that loads changed code again
sagui webserver            Dagster's web pages
sagui daemon               Dagster's daemon: schedules, sensors, runs
sagui watchdog             looks at all the others
sagui load                 bring everything up to date through Dagster and follow it; starts the simulated basin
sagui manage COMMAND       a command of Django's manage.py
sagui run PROGRAM          any program with the variables of the platform
"""

from __future__ import annotations

import os
import sys

from tools.compose import database, environment, secret_files, webserver
from tools.native.errors import LaunchError

_PYTHON = sys.executable
_WORKSPACE = "compose/dagster/workspace.yaml"
_EVERYWHERE = "0.0.0.0"  # noqa: S104 - inside a container
_CODE = [
    "--host", _EVERYWHERE, "--port", "4000",
    "--module-name", "sagui_pipelines.definitions", "--location-name", "sagui",
]  # fmt: skip
_COMMANDS = {
    "backend": ["gunicorn", "--config", "compose/backend/gunicorn.conf.py", "--no-control-socket"],
    "code-server": ["dagster", "api", "grpc", *_CODE, "--use-python-environment-entry-point"],
    "webserver": ["dagster-webserver", "--host", _EVERYWHERE, "--port", "3000", "--workspace", _WORKSPACE],
    "daemon": ["dagster-daemon", "run", "--workspace", _WORKSPACE],
    "watchdog": [_PYTHON, "-m", "sagui_pipelines.watchdog"],
    "load": [_PYTHON, "-m", "sagui_pipelines.launch"],
    "manage": [_PYTHON, "-m", "sagui_backend.manage"],
    "run": [],
}
_RELOADING = ["dagster", "code-server", "start", *_CODE]
_NEEDED = {
    "prepare": ("owner_password", "api_password", "dagster_password", "admin_password", "django_secret_key"),
    "backend": ("api_password", "django_secret_key"),
    "code-server": ("pipelines_password", "dagster_password"),
    "webserver": ("dagster_password",),
    "daemon": ("pipelines_password", "dagster_password"),
    "load": ("pipelines_password", "dagster_password"),
}
_DAGSTER = {"prepare", "code-server", "webserver", "daemon", "load"}
# It must be able to tell people that the database is silent.
_WITHOUT_DATABASE = {"watchdog", "run"}


def main(arguments: list[str]) -> int:
    """Run one command; exit status of what did not turn into another program."""
    name, *rest = arguments or ["help"]
    if name != "prepare" and name not in _COMMANDS:
        sys.stdout.write(f"{__doc__}\n")
        return 0 if name == "help" else 2
    try:
        return _start(name, rest)
    except LaunchError as error:
        sys.stderr.write(f"Failed. {error.fact}\nWhat to do: {error.remedy}\n")
        return 1


def _start(name: str, arguments: list[str]) -> int:
    for secret in _NEEDED.get(name, ()):
        secret_files.read(secret)
    values = environment.load()
    if name in _DAGSTER:
        values = environment.with_dagster(values)
    if name not in _WITHOUT_DATABASE:
        database.wait(values)
    if name == "prepare":
        from tools.compose.prepare import prepare  # noqa: PLC0415 - takes seconds, and only this command needs it

        prepare(values)
        return 0
    command = _COMMANDS[name]
    if name == "code-server" and arguments == ["--reload"]:
        command, arguments = _RELOADING, []
    if name == "load":
        address = values.get("SAGUI_DAGSTER_URL", "http://dagster-webserver:3000")
        webserver.wait(address)
        arguments = ["--webserver", address, *arguments]
    words = [*command, *arguments]
    return os.execvpe(words[0], words, values)  # noqa: S606 - becomes the service


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
