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
}
GROUPS = {"hyfaa", "geography", "flow", "rainfall", "publication"}
JOBS = {
    "forcing",
    "model",
    "geography",
    "flow_mgbstandard",
    "flow_assimilated",
    "rainfall",
    "forecast",
    "publication",
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
