"""What stands between a broken table and the maps, and what is looked at when nothing else runs."""

from __future__ import annotations

import dagster as dg
import pytest

from sagui_pipelines.build import build_defs
from sagui_pipelines.gates import HEALTH_CHECKS, PUBLICATION_GATES
from sagui_pipelines.resources import Inputs, Postgis, TileCache, TileServer
from sagui_pipelines.settings import Settings
from tests.checks.conftest import TONIGHT, Night

pytestmark = pytest.mark.postgis


def execute(night: Night, job: str) -> dg.ExecuteInProcessResult:
    """Run a job on the night's database and files."""
    settings = Settings(state_dir=night.snapshots.parent, hyfaa_workdir=night.workdir)
    location = build_defs(
        resources={
            "postgis": Postgis(url=night.database.url()),
            "inputs": Inputs.from_settings(settings),
            "tile_cache": TileCache(),
            "tile_server": TileServer(),
        }
    )
    with dg.DagsterInstance.ephemeral() as instance:
        return location.resolve_job_def(job).execute_in_process(instance=instance, raise_on_error=False)


def evaluations(result: dg.ExecuteInProcessResult) -> dict[dg.AssetCheckKey, bool]:
    """Outcome of every check that ran."""
    return {found.asset_check_key: found.passed for found in result.get_asset_check_evaluations()}


def test_a_broken_table_is_not_published(tonight: Night) -> None:
    table = "hyfaa_data_assimilated"
    tonight.run()
    tonight.database.query(f"UPDATE guyane.{table} SET flow_median = 9e9 WHERE date = '{TONIGHT}'")
    result = execute(tonight, "publication")
    assert not result.success
    outcomes = evaluations(result)
    assert [key for key in PUBLICATION_GATES if not outcomes[key]] == [
        dg.AssetCheckKey(dg.AssetKey(["guyane", table]), "contract")
    ]
    assert result.get_asset_materialization_events() == []
    assert tonight.database.query("SELECT count(*) FROM guyane.sagui_publication") == [(0,)]


def test_the_daily_look_at_providers_needs_no_other_run(tonight: Night) -> None:
    tonight.run()
    result = execute(tonight, "health")
    assert result.success
    outcomes = evaluations(result)
    assert set(outcomes) == set(HEALTH_CHECKS)
    late = {key for key, passed in outcomes.items() if not passed}
    assert {key.name for key in late} == {
        "freshness",
        "rain_store",
        "altimetry",
    }  # the basin of the tests ended long ago
