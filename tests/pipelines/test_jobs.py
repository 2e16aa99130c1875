"""The jobs on a small basin: every asset is made, a bad source stops nothing but itself, a second run changes nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from sagui_pipelines import asset_kit
from sagui_pipelines.build import build_defs
from sagui_pipelines.due import DueDays, find_due
from sagui_pipelines.hyfaa.solutions import FILES, FORCING_ONMESH, Solution
from sagui_pipelines.launch import JOB_OF_TABLE, range_tags
from sagui_pipelines.resources import Inputs, Postgis, TileCache
from sagui_pipelines.settings import Runner
from sagui_pipelines.simulation.basin_run import simulate
from tests.conftest import Database, free_port

pytestmark = pytest.mark.postgis

CELLS = 60
START = date(2023, 1, 1)
UNTIL = date(2024, 4, 1)


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated basin, never touched."""
    folder = tmp_path_factory.mktemp("basin") / "simulation"
    simulate(folder, cells=CELLS, seed=5, start=START, until=UNTIL, progress=print)
    return folder


@dataclass
class House:
    """The code location on one basin and one database.

    Attributes:
        basin: folder of the basin; files are delivered from outside.
        inputs: where they lie.
        database: the test's database.
        instance: Dagster's memory.
        resources: what the assets are given.
    """

    basin: Path
    inputs: Inputs
    database: Database
    instance: dg.DagsterInstance
    resources: dict[str, Any]

    def run(self, job: str, tags: dict[str, str] | None = None) -> dg.ExecuteInProcessResult:
        """Run one job in this process."""
        definition = build_defs(resources=self.resources).resolve_job_def(job)
        return definition.execute_in_process(instance=self.instance, tags=tags, raise_on_error=False)

    def run_all(self) -> list[dg.ExecuteInProcessResult]:
        """Every job in the order of the data's way."""
        results = [self.run("forcing"), self.run("geography"), self.run("model")]
        due = self.due()
        results += self.run_series(due)
        if due.forecast_issue:
            results.append(self.run("forecast", {"dagster/partition": due.forecast_issue.isoformat()}))
        return [*results, self.run("publication")]

    def run_series(self, due: DueDays) -> list[dg.ExecuteInProcessResult]:
        """The jobs of all tables of days for which something is due."""
        return [
            self.run(job, range_tags(days[0].item(), days[-1].item()))
            for job, table in JOB_OF_TABLE.items()
            if (days := due.days.get(table)) is not None
        ]

    def due(self) -> DueDays:
        """What is due now."""
        return find_due(
            self.resources["postgis"].engine,
            snapshot_dir=self.inputs.snapshot_dir,
            workdir=Path(self.inputs.workdir),
            not_before=START,
        )

    def count(self, table: str) -> int:
        """Rows of a table."""
        [(rows,)] = self.database.query(f"SELECT count(*) FROM guyane.{table}")
        assert isinstance(rows, int)
        return rows


def failures(result: dg.ExecuteInProcessResult) -> dict[str, str]:
    """Failed steps and what people are told."""
    found = {}
    for event in result.all_events:
        if event.event_type is dg.DagsterEventType.STEP_FAILURE:
            data = event.step_failure_data.user_failure_data
            found[str(event.step_key)] = str(data.description if data else event.step_failure_data.error)
    return found


def materialized(result: dg.ExecuteInProcessResult) -> set[str]:
    """Assets that a run made."""
    return {
        event.asset_key.path[-1] for event in result.get_asset_materialization_events() if event.asset_key
    }


@pytest.fixture
def house(pristine: Path, tmp_path: Path, database: Database) -> Iterator[House]:
    """A copy of the basin and an empty database."""
    basin = tmp_path / "simulation"
    shutil.copytree(pristine, basin)
    inputs = Inputs(
        state_dir=str(tmp_path),
        workdir=str(basin / "hyfaa"),
        geodata_dir=str(basin / "geodata"),
        stations_file=str(basin / "stations.xlsx"),
        reference_flow_file=str(basin / "reference_flow.csv"),
        refuse_unmatched=True,
        runner=Runner.NONE.value,
        cells=CELLS,
        seed=5,
        history_start=START.isoformat(),
    )
    resources = {"inputs": inputs, "postgis": Postgis(url=database.url()), "tile_cache": TileCache()}
    with dg.DagsterInstance.ephemeral() as instance:
        yield House(basin, inputs, database, instance, resources)


def test_all_jobs_make_all_assets_and_a_second_time_changes_nothing(house: House) -> None:
    first = house.run_all()
    assert [result.success for result in first] == [True] * 8
    days = (UNTIL - START).days
    assert house.count("hyfaa_data_mgbstandard") == house.count("hyfaa_data_assimilated") == CELLS * days
    assert house.count("sagui_rainfall") == CELLS * days
    assert house.count("hyfaa_data_forecast") == CELLS * 10
    versions = house.database.query("SELECT layer, data_version, published_at FROM guyane.sagui_publication")
    assert len(versions) >= 9

    second = house.run_all()
    assert [result.success for result in second] == [True] * 4
    assert house.due().days == {}
    assert versions == house.database.query(
        "SELECT layer, data_version, published_at FROM guyane.sagui_publication"
    )


def test_a_day_loaded_again_changes_no_row(house: House) -> None:
    house.run_all()
    before = house.database.query(
        "SELECT sum(hashtext(t::text)::bigint) FROM guyane.hyfaa_data_assimilated AS t"
    )
    result = house.run("flow_assimilated", {"dagster/partition": str(UNTIL - timedelta(days=3))})
    assert result.success
    [event] = result.get_asset_materialization_events()
    metadata = event.materialization.metadata
    assert metadata["unchanged"].value == metadata["dagster/row_count"].value == CELLS
    assert before == house.database.query(
        "SELECT sum(hashtext(t::text)::bigint) FROM guyane.hyfaa_data_assimilated AS t"
    )


def test_materialization_tells_rows_dates_version_and_shows_a_plot(house: House) -> None:
    house.run_all()
    latest = house.instance.get_latest_materialization_event(
        dg.AssetKey(["guyane", "hyfaa_data_assimilated"])
    )
    assert latest is not None
    assert latest.asset_materialization is not None
    metadata = latest.asset_materialization.metadata
    assert metadata["first_date"].value == str(START + timedelta(days=1))
    assert metadata["last_date"].value == str(UNTIL)
    assert metadata["dagster/row_count"].value == CELLS * (UNTIL - START).days
    assert len(str(metadata["file_version"].value)) == 16
    assert str(metadata["hydrograph"].value).count("data:image/png;base64,") == 1


def test_truncated_portal_fails_alone(house: House) -> None:
    portal = house.basin / "hyfaa" / FILES[Solution.ASSIMILATED].portal
    portal.write_bytes(portal.read_bytes()[:5000])
    result = house.run("model")
    told = failures(result)
    assert set(told) == {"hyfaa__assimilated_portal"}
    assert told["hyfaa__assimilated_portal"].startswith("SourceCorrupt: ")
    assert str(portal) in told["hyfaa__assimilated_portal"]
    assert materialized(result) == {"mgbstandard_portal", "forecast_portal"}


def test_missing_rain_stops_neither_flow_nor_publication(house: House) -> None:
    shutil.rmtree(house.basin / "hyfaa" / FORCING_ONMESH)
    results = house.run_all()
    assert [result.success for result in results] == [False, True, True, True, True, True, True]
    assert "forcing_onmesh_db" in house.due().problems[0].source
    rain = house.run("rainfall", range_tags(START, UNTIL))
    assert failures(rain)["guyane__sagui_rainfall"].startswith("SourceMissing: ")
    assert house.count("hyfaa_data_aggregated_geo") > 0


def test_missing_geography_stops_no_series(house: House) -> None:
    shutil.rmtree(house.basin / "geodata")
    results = house.run_all()
    assert "SourceMissing: " in failures(results[1])["geodata__drainage"]
    assert house.count("hyfaa_data_mgbstandard") == CELLS * (UNTIL - START).days
    assert house.count("hyfaa_data_aggregated_geo") == 0


def test_missing_forecast_folder_leaves_the_other_layers(house: House) -> None:
    shutil.rmtree((house.basin / "hyfaa" / FILES[Solution.FORECAST].portal).parent)
    results = house.run_all()
    assert failures(results[2]).keys() == {"hyfaa__forecast_portal"}
    assert results[-1].success
    assert house.count("hyfaa_forecast_aggregated_geo") > 0  # observed days are shown all the same


def test_lock_of_the_model_is_tried_again_and_then_told(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asset_kit, "RETRY_WAIT_S", 0)
    lock = house.basin / "hyfaa" / FILES[Solution.MGBSTANDARD].lock
    lock.write_bytes(b"")
    result = house.run("model")
    restarts = [e for e in result.all_events if e.event_type is dg.DagsterEventType.STEP_RESTARTED]
    assert len(restarts) == asset_kit.RETRIES
    assert failures(result)["hyfaa__mgbstandard_portal"].startswith("SourceNotReady: ")
    assert str(lock) in failures(result)["hyfaa__mgbstandard_portal"]
    assert "assimilated_portal" in materialized(result)


def test_database_that_does_not_answer_is_tried_again_and_then_told(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asset_kit, "RETRY_WAIT_S", 0)
    house.run("model")
    due = house.due()
    house.resources["postgis"] = Postgis(url=f"postgresql://nobody:x@127.0.0.1:{free_port()}/none")
    results = house.run_series(due)
    told = [text for result in results for text in failures(result).values()]
    assert len(told) == 3
    assert all(text.startswith("DatabaseUnavailable: ") for text in told)
    assert house.count("hyfaa_data_mgbstandard") == 0


def test_forecast_of_another_issue_day_is_refused(house: House) -> None:
    house.run_all()
    result = house.run("forecast", {"dagster/partition": str(UNTIL - timedelta(days=1))})
    assert failures(result)["guyane__hyfaa_data_forecast"].startswith("DayNotAvailable: ")


def test_days_that_the_file_lacks_are_marked(house: House) -> None:
    house.run("model")
    result = house.run("flow_mgbstandard", range_tags(UNTIL - timedelta(days=1), UNTIL + timedelta(days=1)))
    assert result.success
    absent = {
        event.partition: "absent" in event.materialization.metadata
        for event in result.get_asset_materialization_events()
    }
    assert absent == {
        str(UNTIL - timedelta(days=1)): False,
        str(UNTIL): False,
        str(UNTIL + timedelta(days=1)): True,
    }
