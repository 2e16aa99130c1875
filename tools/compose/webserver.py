"""Waiting for Dagster's webserver: the command that loads may be given while everything still starts."""

from __future__ import annotations

import time

import requests

from tools.native.errors import LaunchError

WAIT_S = 180.0


def wait(address: str, wait_s: float = WAIT_S) -> None:
    """Return when the webserver answers.

    Raises:
        LaunchError: it does not within the time.
    """
    deadline = time.monotonic() + wait_s
    while True:
        try:
            if requests.get(f"{address}/server_info", timeout=5).ok:
                return
            reason = "it answers with an error"
        except requests.RequestException as error:
            reason = str(error)
        if time.monotonic() > deadline:
            raise LaunchError(
                f"Dagster's webserver {address} does not answer since {wait_s:.0f} s: {reason}.",
                "Look at the logs of the services dagster-code and dagster-webserver.",
            )
        time.sleep(1)
