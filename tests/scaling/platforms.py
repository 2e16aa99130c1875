"""A platform on a tiny basin whose runs are executed elsewhere than beside the daemon."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
import yaml

from tests.conftest import free_port_offset
from tools.native.layout import ROOT
from tools.native.stack import Stack

CELLS = 60
# The forecast rests on the rain of the same days a year ago.
HISTORY_DAYS = 400


def platform(folder: Path, variant: str, changes: Mapping[str, Any], settings: Mapping[str, str]) -> Stack:
    """A stack with one of the other instance configurations.

    Args:
        folder: for its state and its configuration.
        variant: file below compose/dagster.
        changes: entries of the launcher's configuration that depend on this machine.
        settings: further variables of the operator.
    """
    configuration = yaml.safe_load((ROOT / "compose" / "dagster" / variant).read_text())
    for name, value in changes.items():
        present = configuration["run_launcher"]["config"].get(name)
        both = isinstance(present, dict) and isinstance(value, Mapping) and "env" not in present
        configuration["run_launcher"]["config"][name] = {**present, **value} if both else value
    path = folder / "dagster.yaml"
    path.write_text(yaml.safe_dump(configuration))
    start = datetime.now(UTC).date() - timedelta(days=HISTORY_DAYS)
    return Stack(
        folder / ".sagui",
        free_port_offset(),
        {
            "SAGUI_TILESERV": "stand-in",
            "SAGUI_CELLS": str(CELLS),
            "SAGUI_HYFAA_RUNNER": "simulated",
            "SAGUI_HISTORY_START": start.isoformat(),
            "SAGUI_DAGSTER_CONFIG": str(path),
            **settings,
        },
    )


def ask_dagster(stack: Stack, statement: str) -> list[tuple[Any, ...]]:
    """Rows of a statement in Dagster's own database."""
    connection = psycopg2.connect(stack.cluster.url("superuser", "dagster"))
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()
    finally:
        connection.close()


def rows(stack: Stack, table: str) -> int:
    """Rows of a table of the platform."""
    connection = psycopg2.connect(stack.cluster.url("owner"))
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM guyane.{table}")
            return int((cursor.fetchone() or (0,))[0])
    finally:
        connection.close()
