"""Putting the house together. Tests build the same house with other resources."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import dagster as dg

from sagui_pipelines.flow import assets as flow
from sagui_pipelines.geography import assets as geography
from sagui_pipelines.hyfaa import assets as hyfaa
from sagui_pipelines.publication import assets as publication
from sagui_pipelines.rainfall import assets as rainfall
from sagui_pipelines.resources import Inputs, Postgis, TileCache
from sagui_pipelines.sensors import SENSORS
from sagui_pipelines.settings import load_settings

# One process per run: steps share the imports, which cost more than most steps' work.
_job = partial(dg.define_asset_job, executor_def=dg.in_process_executor)
_assets = dg.AssetSelection.assets
JOBS = [
    _job(
        "forcing",
        _assets(hyfaa.static_data, hyfaa.forcing_onmesh_db),
        description="Mesh and daily rain of the model.",
    ),
    _job(
        "model",
        _assets(hyfaa.mgbstandard_portal, hyfaa.assimilated_portal, hyfaa.forecast_portal),
        description="The model's solutions and the forecast, as verified copies.",
    ),
    _job(
        "geography",
        dg.AssetSelection.groups("geography"),
        description="Rivers, catchments, stations and reference flows.",
    ),
    # One job a table: their files hold different days, and a run covers the days of one range.
    _job(
        "flow_mgbstandard",
        _assets(flow.hyfaa_data_mgbstandard),
        description="Modelled flow of a range of days.",
    ),
    _job(
        "flow_assimilated",
        _assets(flow.hyfaa_data_assimilated),
        description="Assimilated flow of a range of days.",
    ),
    _job("rainfall", _assets(rainfall.sagui_rainfall), description="Rain of a range of days."),
    _job("forecast", _assets(flow.hyfaa_data_forecast), description="One forecast issue."),
    _job(
        "publication",
        dg.AssetSelection.groups("publication"),
        description="All map layers, renewed together; the cache is told.",
    ),
]


def build_defs(*, resources: Mapping[str, Any] | None = None) -> dg.Definitions:
    """Assemble the code location.

    Args:
        resources: replace the resources of the environment: `inputs`, `postgis`, `tile_cache`.

    Raises:
        SettingsInvalid: a setting in the environment makes no sense.
    """
    settings = load_settings()
    return dg.Definitions(
        assets=[
            *hyfaa.ASSETS,
            *geography.ASSETS,
            *flow.ASSETS,
            *rainfall.ASSETS,
            *publication.ASSETS,
        ],
        jobs=JOBS,
        sensors=SENSORS,
        resources={
            "inputs": Inputs.from_settings(settings),
            "postgis": Postgis(url=settings.pipelines_database_url),
            "tile_cache": TileCache(purge_url=settings.purge_url),
            **(resources or {}),
        },
    )
