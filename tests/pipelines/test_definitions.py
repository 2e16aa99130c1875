"""The code location loads, and holds exactly the assets and jobs that people know."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest
import yaml

from sagui_pipelines.build import build_defs
from sagui_pipelines.settings import load_settings

ROOT = Path(__file__).resolve().parents[2]

ASSETS = {
    "hyfaa/static_data",
    "hyfaa/forcing_onmesh_db",
    "hyfaa/assimilation_db",
    "hyfaa/mgbstandard_states_db",
    "hyfaa/assimilated_states_db",
    "hyfaa/mgbstandard_portal",
    "hyfaa/assimilated_portal",
    "hyfaa/forecast_portal",
    "geodata/drainage",
    "geodata/mini",
    "geodata/catchments",
    "geodata/stations",
    "geodata/reference_flow",
    "guyane/hyfaa_drainage",
    "guyane/hyfaa_catchments",
    "guyane/hyfaa_minibasins_data",
    "guyane/hyfaa_stations",
    "guyane/stations_reference_flow",
    "guyane/hyfaa_data_mgbstandard",
    "guyane/hyfaa_data_assimilated",
    "guyane/hyfaa_data_forecast",
    "guyane/sagui_rainfall",
    "guyane/hyfaa_data_aggregated_geo",
    "guyane/hyfaa_forecast_aggregated_geo",
    "guyane/mvt_rainfall",
    "guyane/hyfaa_data_with_assimilated_aggregate_geo",
    "guyane/hyfaa_data_with_mgbstandard_aggregate_geo",
    "guyane/hyfaa_forecast_with_assimilated_aggregate_geo",
    "guyane/hyfaa_forecast_with_mgbstandard_aggregate_geo",
    "guyane/rainfall_minibasin_aggregated_geo",
    "guyane/rainfall_subbasin_aggregated_geo",
    "guyane/reaches",
    "guyane/catchments",
    "guyane/subbasins",
    "guyane/stations",
    "guyane/sagui_dayvalues",
    "operations/consistency",
    "operations/retention",
}
GROUPS = {"hyfaa", "geography", "flow", "rainfall", "publication", "operations"}
JOBS = {
    "daily",
    "geography",
    "flow_mgbstandard",
    "flow_assimilated",
    "rainfall",
    "forecast",
    "publication",
    "consistency",
    "maintenance",
    "health",
}
SCHEDULES = {
    "daily": "0 6 * * *",
    "consistency": "0 12 * * 0",
    "maintenance": "30 3 * * *",
    "health": "10 15 * * *",
}
SENSORS = {
    "load_due",
    "publish_due",
    "daily_again",
    "delivered_files",
    "run_outcomes",
    "check_outcomes",
    "overdue_series",
    "send_alarms",
}


@pytest.fixture(scope="module")
def location() -> dg.Definitions:
    """The code location as the environment gives it."""
    return build_defs()


@pytest.fixture(scope="module")
def specs(location: dg.Definitions) -> dict[str, dg.AssetSpec]:
    """Asset specs by key."""
    return {spec.key.to_user_string(): spec for spec in location.resolve_all_asset_specs()}


def test_assets_are_the_known_ones(specs: dict[str, dg.AssetSpec]) -> None:
    assert set(specs) == ASSETS


def test_jobs_are_the_known_ones(location: dg.Definitions) -> None:
    names = {job.name for job in location.resolve_all_job_defs() if not job.name.startswith("__")}
    assert names == JOBS


def test_schedules_run_at_the_hours_of_cayenne(location: dg.Definitions) -> None:
    schedules = {schedule.name: schedule for schedule in location.schedules or []}
    assert {name: schedule.cron_schedule for name, schedule in schedules.items()} == SCHEDULES
    for schedule in schedules.values():
        assert schedule.execution_timezone == ("UTC" if schedule.name == "health" else "America/Cayenne")
        assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING


def test_sensors_are_the_known_ones_and_run_without_being_asked(location: dg.Definitions) -> None:
    sensors = {sensor.name: sensor for sensor in location.sensors or []}
    assert set(sensors) == SENSORS
    # The model runs here: nobody delivers files.
    stopped = {
        name for name, sensor in sensors.items() if sensor.default_status is dg.DefaultSensorStatus.STOPPED
    }
    assert stopped == {"delivered_files"}


def test_every_run_of_a_job_waits_for_the_one_before(location: dg.Definitions) -> None:
    instance = yaml.safe_load((ROOT / "compose" / "dagster" / "dagster.yaml").read_text())
    [limit] = instance["concurrency"]["runs"]["tag_concurrency_limits"]
    assert limit["value"] == {"applyLimitPerUniqueValue": True}
    for job in JOBS:
        assert location.resolve_job_def(job).tags[limit["key"]] == job


@pytest.mark.parametrize("variant", ["dagster.docker.yaml", "dagster.celery.yaml"])
def test_every_instance_configuration_says_the_same_but_for_its_launcher(variant: str) -> None:
    folder = ROOT / "compose" / "dagster"
    ours, other = (yaml.safe_load((folder / name).read_text()) for name in ("dagster.yaml", variant))
    for name in ("storage", "run_retries", "retention", "sensors", "schedules", "telemetry", "code_servers"):
        assert other[name] == ours[name]
    assert other["concurrency"]["pools"] == ours["concurrency"]["pools"]
    assert other["run_launcher"] != ours["run_launcher"]


def test_every_asset_has_group_owner_kind_and_description(specs: dict[str, dg.AssetSpec]) -> None:
    for key, spec in specs.items():
        assert spec.group_name in GROUPS, key
        assert spec.owners, key
        assert spec.kinds, key
        assert len(spec.description or "") > 20, key


def test_lineage_runs_from_rain_to_tile(specs: dict[str, dg.AssetSpec]) -> None:
    upstream = {key: {dep.asset_key.to_user_string() for dep in spec.deps} for key, spec in specs.items()}

    def ancestors(key: str) -> set[str]:
        direct = upstream[key]
        return direct.union(*(ancestors(parent) for parent in direct))

    flow_map = ancestors("guyane/hyfaa_data_aggregated_geo")
    assert {"hyfaa/forcing_onmesh_db", "guyane/hyfaa_data_assimilated", "geodata/drainage"} <= flow_map
    assert "hyfaa/mgbstandard_portal" in ancestors("guyane/hyfaa_forecast_aggregated_geo")
    assert "hyfaa/forcing_onmesh_db" in ancestors("guyane/mvt_rainfall")


def test_table_columns_carry_units(specs: dict[str, dg.AssetSpec]) -> None:
    schema = specs["guyane/hyfaa_data_assimilated"].metadata["dagster/column_schema"]
    units = {column.name: (column.description or "").partition(" ")[0] for column in schema.columns}
    assert units["flow_median"] == "[m3"
    assert units["flow_anomaly"] == "[%]"


def test_series_load_a_range_of_days_in_one_run(location: dg.Definitions) -> None:
    for name in ("hyfaa_data_mgbstandard", "hyfaa_data_assimilated", "sagui_rainfall"):
        asset = location.resolve_assets_def(dg.AssetKey(["guyane", name]))
        assert asset.backfill_policy == dg.BackfillPolicy.single_run()
        assert asset.partitions_def is not None
        first = asset.partitions_def.get_first_partition_key()
        assert first == load_settings().history_start.isoformat()


def test_workspace_file_names_this_location() -> None:
    workspace = yaml.safe_load((ROOT / "workspace.yaml").read_text())
    [entry] = workspace["load_from"]
    assert entry["python_module"] == {
        "module_name": "sagui_pipelines.definitions",
        "location_name": "sagui",
    }
