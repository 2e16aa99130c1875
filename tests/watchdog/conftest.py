"""A little platform that is well."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sagui_pipelines.alarms.settings import AlarmSettings, Security
from sagui_pipelines.watchdog.settings import WatchdogSettings
from tests.alarms.receivers import Inbox, mail_server
from tests.conftest import Database
from tests.watchdog.platform_parts import DagsterParts, Platform, dagster_parts, edge_server
from tools.native.cluster import Cluster


@pytest.fixture(scope="module")
def dagster_storage(
    postgis_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DagsterParts]:
    """Dagster's storage and webserver, shared by the tests of a module."""
    url = postgis_cluster.url("dagster", "dagster")
    with dagster_parts(tmp_path_factory.mktemp("dagster"), url) as parts:
        yield parts


@pytest.fixture
def platform(dagster_storage: DagsterParts, database: Database, tmp_path: Path) -> Iterator[Platform]:
    """Everything is well at this moment."""
    inbox = Inbox()
    with mail_server(inbox) as port, edge_server() as edge:
        made = Platform(
            dagster_storage,
            edge,
            database,
            inbox,
            AlarmSettings(
                smtp_host="127.0.0.1",
                smtp_port=port,
                smtp_security=Security.NONE,
                smtp_timeout_s=5,
                mail_to=("ops@example.org",),
                mail_from="sagui@example.org",
                state_dir=tmp_path,
            ),
            WatchdogSettings(
                edge_url=edge.url,
                dagster_url=dagster_storage.webserver,
                pipelines_database_url=database.url(),
                dagster_database_url=dagster_storage.database_url,
                disk_free_percent=0,
                state_dir=tmp_path,
            ),
        )
        dagster_storage.forget()
        dagster_storage.beat(made.clock.now)
        yield made
