"""What the database needs before anybody uses it: roles, tables, SQL objects, the administrator."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass

import psycopg2

from tools.native.cluster import Cluster
from tools.native.console import step
from tools.native.errors import LaunchError
from tools.native.layout import ROOT, Layout
from tools.native.render import fingerprint, write_if_changed

ADMIN_USER = "admin"
_LOG_LINES = 25
_DJANGO_STEPS = {
    "check_schema": "Version of the database",
    "migrate": "Database tables",
    "apply_sql": "Views, functions, grants",
    "collectstatic": "Static files of the admin",
}
_ASKS_QUESTIONS = {"migrate", "collectstatic", "createsuperuser"}


@dataclass(frozen=True)
class Preparation:
    """Brings a running, perhaps empty cluster to this version's state.

    Attributes:
        layout: where logs and stamps go.
        cluster: the running cluster.
        passwords: every secret of the stack.
        environment: variables of the backend.
    """

    layout: Layout
    cluster: Cluster
    passwords: Mapping[str, str]
    environment: Mapping[str, str]

    def run(self) -> None:
        """Do every step, or nothing when nothing changed since the last time.

        Raises:
            LaunchError: a step failed; the message ends with its last lines.
        """
        stamp = self.layout.run / "prepared"
        state = self._state()
        if stamp.exists() and stamp.read_text() == state:
            return
        with step("Database roles"):
            self.cluster.initialise()
        for command, title in _DJANGO_STEPS.items():
            with step(title):
                self._manage(command)
        with step("Administrator"):
            if not self._admin_exists():
                self._create_admin()
        write_if_changed(stamp, state)

    def _state(self) -> str:
        # A cluster made anew is another one, even in the same folder.
        cluster = str((self.layout.database / "PG_VERSION").stat().st_mtime_ns)
        files = (ROOT / "sagui_backend", ROOT / "compose" / "database", ROOT / "requirements.lock")
        return fingerprint(*files, json.dumps(dict(self.passwords)), cluster)

    def _manage(self, command: str, extra: Mapping[str, str] | None = None) -> None:
        ours = ("SAGUI_", "DJANGO_", "PG")
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(ours)},
            **self.environment,
            "SAGUI_OWNER_DATABASE_URL": self.cluster.url("owner"),
            **(extra or {}),
        }
        arguments = [command, "--noinput"] if command in _ASKS_QUESTIONS else [command]
        done = subprocess.run(
            [sys.executable, "-m", "sagui_backend.manage", *arguments],
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        output = done.stdout + done.stderr
        log = self.layout.logs / "setup.log"
        with log.open("a") as stream:
            stream.write(f"--- {command}\n{output}\n")
        if done.returncode != 0:
            tail = "\n".join(output.strip().splitlines()[-_LOG_LINES:])
            raise LaunchError(
                f"`manage.py {command}` failed.\n{tail}", f"The whole log is {log}. Everything was stopped."
            )

    def _admin_exists(self) -> bool:
        connection = psycopg2.connect(self.cluster.url("owner"))
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute("SELECT FROM auth_user WHERE username = %s", (ADMIN_USER,))
                return cursor.rowcount > 0
        finally:
            connection.close()

    def _create_admin(self) -> None:
        variables = {
            "DJANGO_SUPERUSER_USERNAME": ADMIN_USER,
            "DJANGO_SUPERUSER_EMAIL": "admin@localhost",
            "DJANGO_SUPERUSER_PASSWORD": self.passwords["admin_password"],
        }
        self._manage("createsuperuser", variables)
