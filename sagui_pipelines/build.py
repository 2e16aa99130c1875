"""Putting the house together. Tests build the same house with other resources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg

from sagui_pipelines.alarms.sensors import SENSORS as ALARM_SENSORS
from sagui_pipelines.flow import assets as flow
from sagui_pipelines.flow import checks as flow_checks
from sagui_pipelines.geography import assets as geography
from sagui_pipelines.hyfaa import assets as hyfaa
from sagui_pipelines.hyfaa import checks as hyfaa_checks
from sagui_pipelines.hyfaa.sensors import SENSORS as HYFAA_SENSORS
from sagui_pipelines.jobs import JOBS
from sagui_pipelines.operations import assets as operations
from sagui_pipelines.operations import checks as operations_checks
from sagui_pipelines.publication import assets as publication
from sagui_pipelines.publication import tile_checks
from sagui_pipelines.rainfall import assets as rainfall
from sagui_pipelines.rainfall import checks as rainfall_checks
from sagui_pipelines.resources import Inputs, Postgis, TileCache, TileServer
from sagui_pipelines.schedules import SCHEDULES
from sagui_pipelines.sensors import SENSORS
from sagui_pipelines.settings import load_settings


def build_defs(*, resources: Mapping[str, Any] | None = None) -> dg.Definitions:
    """Assemble the code location.

    Args:
        resources: replace the resources of the environment: `inputs`, `postgis`, `tile_cache`, `tile_server`.

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
            *operations.ASSETS,
        ],
        asset_checks=[
            *hyfaa_checks.CHECKS,
            *flow_checks.CHECKS,
            *rainfall_checks.CHECKS,
            *operations_checks.CHECKS,
            *tile_checks.CHECKS,
        ],
        jobs=JOBS,
        schedules=SCHEDULES,
        sensors=[*SENSORS, *HYFAA_SENSORS, *ALARM_SENSORS],
        # Of a selection made in the UI: one process for a table and its checks, as in the jobs.
        executor=hyfaa.model_executor(),
        resources={
            "inputs": Inputs.from_settings(settings),
            "postgis": Postgis(url=settings.pipelines_database_url),
            "tile_cache": TileCache(purge_url=settings.purge_url),
            "tile_server": TileServer(url=settings.tileserv_url),
            **(resources or {}),
        },
    )
