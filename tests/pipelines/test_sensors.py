"""An administrator's edit asks for one publication, once."""

from __future__ import annotations

import dagster as dg
import pytest

from sagui_pipelines.resources import Postgis
from sagui_pipelines.sensors import configuration_changes
from tests.conftest import Database, free_port


def tick(postgis: Postgis, cursor: str | None) -> dg.SensorResult:
    """One evaluation by the daemon."""
    result = configuration_changes(dg.build_sensor_context(cursor=cursor), postgis=postgis)
    assert isinstance(result, dg.SensorResult)
    return result


@pytest.mark.postgis
def test_an_edit_publishes_once(database: Database) -> None:
    postgis = Postgis(url=database.url())
    quiet = tick(postgis, None)
    assert not quiet.run_requests
    database.query("UPDATE guyane.sagui_saguiconfig SET max_ordem = 10", role="api")
    seen = tick(postgis, quiet.cursor)
    assert seen.run_requests is not None
    assert len(seen.run_requests) == 1
    again = tick(postgis, seen.cursor)
    assert not again.run_requests
    assert again.cursor == seen.cursor


def test_a_silent_database_is_told_and_nothing_is_missed() -> None:
    result = tick(Postgis(url=f"postgresql://nobody:x@127.0.0.1:{free_port()}/none"), "4")
    assert result.cursor is None
    assert "make status" in str(result.skip_reason)
