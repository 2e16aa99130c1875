"""A Dagster instance on PostgreSQL, as the platform's own, and the house of the pipelines' tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import psycopg2
import pytest
import yaml

from tests.conftest import ROOT
from tests.pipelines.conftest import house, pristine  # noqa: F401 - fixtures
from tools.native.cluster import Cluster


@pytest.fixture
def instance(
    postgis_cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dg.DagsterInstance]:
    """The instance that `compose/dagster/dagster.yaml` describes, on an empty database."""
    name = f"dagster_{os.getpid()}_{tmp_path.name}".lower().replace("-", "_")[:60]
    connection = psycopg2.connect(postgis_cluster.url("superuser", "postgres"))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}" OWNER sagui_dagster')
    connection.close()
    url = postgis_cluster.url("dagster", name).replace("://", "+psycopg2://", 1)
    monkeypatch.setenv("SAGUI_DAGSTER_DATABASE_URL", url)
    monkeypatch.setenv("DAGSTER_EMIT_PARTITION_SUBSET_IN_PLANNED_EVENTS", "true")
    monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", "500")
    (tmp_path / "dagster.yaml").write_text((ROOT / "compose" / "dagster" / "dagster.yaml").read_text())
    assert yaml.safe_load((tmp_path / "dagster.yaml").read_text())["storage"]["postgres"]
    with dg.DagsterInstance.from_config(str(tmp_path)) as made:
        yield made
