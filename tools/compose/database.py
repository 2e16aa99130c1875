"""Waiting for the database, and saying what is wrong with it."""

from __future__ import annotations

import time
from collections.abc import Mapping

import psycopg2

from tools.native.errors import LaunchError

WAIT_S = 60.0
_VARIABLES = (
    "SAGUI_OWNER_DATABASE_URL",
    "SAGUI_API_DATABASE_URL",
    "SAGUI_PIPELINES_DATABASE_URL",
    "SAGUI_DAGSTER_DATABASE_URL",
)


def wait(environment: Mapping[str, str], wait_s: float = WAIT_S) -> None:
    """Return when every role of this container can connect.

    Raises:
        LaunchError: a password is refused, or nothing answers within the time.
    """
    deadline = time.monotonic() + wait_s
    for variable in _VARIABLES:
        if variable in environment:
            _connect(environment[variable].replace("+psycopg2", ""), deadline, wait_s)


def _connect(url: str, deadline: float, wait_s: float) -> None:
    while True:
        try:
            psycopg2.connect(url, connect_timeout=5).close()
        except psycopg2.OperationalError as error:
            reason = str(error).strip().splitlines()[-1]
            if "password authentication failed" in reason:
                role = url.split("//")[1].split(":", maxsplit=1)[0]
                raise LaunchError(
                    f"The database refuses the password of the role {role}.",
                    "The secret file changed after the database was started: restart the service database, which takes the "
                    "passwords over from the secret files, then this one.",
                ) from None
            if time.monotonic() > deadline:
                raise LaunchError(
                    f"The database cannot be used since {wait_s:.0f} s: {reason}.",
                    "Look at the logs of the service database.",
                ) from None
            time.sleep(0.5)
        else:
            return
