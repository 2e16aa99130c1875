"""The jobs: what is renewed together, in one run."""

from __future__ import annotations

from collections.abc import Iterable

import dagster as dg

from sagui_pipelines.asset_kit import table_key
from sagui_pipelines.flow.series import table_name
from sagui_pipelines.gates import HEALTH_CHECKS, PUBLICATION_GATES
from sagui_pipelines.hyfaa import assets as hyfaa
from sagui_pipelines.hyfaa.solutions import Solution
from sagui_pipelines.rainfall.load import TABLE as RAIN_TABLE

DAILY = "daily"
GEOGRAPHY = "geography"
FORECAST = "forecast"
PUBLICATION = "publication"
CONSISTENCY = "consistency"
MAINTENANCE = "maintenance"
HEALTH = "health"

# One job a table: their files hold different days, a run covers the days of one range, and a bad source stops no
# other.
JOB_OF_TABLE = {
    table_name(Solution.MGBSTANDARD): "flow_mgbstandard",
    table_name(Solution.ASSIMILATED): "flow_assimilated",
    RAIN_TABLE: "rainfall",
}
TABLE_OF_JOB = {job: table for table, job in JOB_OF_TABLE.items()} | {FORECAST: table_name(Solution.FORECAST)}

# Runs that share a value of this tag wait for one another: the instance allows one at a time.
EXCLUSIVE_TAG = "sagui/exclusive"

_MEANING = {
    "flow_mgbstandard": "Modelled flow of a range of days.",
    "flow_assimilated": "Assimilated flow of a range of days.",
    "rainfall": "Rain of a range of days.",
    FORECAST: "One forecast issue.",
}


def _job(
    name: str,
    selection: dg.AssetSelection,
    description: str,
    executor: dg.ExecutorDefinition = dg.in_process_executor,
) -> dg.UnresolvedAssetJobDefinition:
    # One process per run unless a job says otherwise: steps share the imports, which cost more than most steps' work.
    return dg.define_asset_job(
        name, selection, description=description, executor_def=executor, tags={EXCLUSIVE_TAG: name}
    )


JOBS = [
    _job(
        DAILY,
        dg.AssetSelection.assets(*hyfaa.ALL_KEYS),
        "HYFAA's steps: rain, altimetry, the model's solutions, the forecast, as verified copies.",
        hyfaa.model_executor(),
    ),
    _job(
        GEOGRAPHY,
        dg.AssetSelection.groups("geography"),
        "Rivers, catchments, stations and reference flows.",
    ),
    *(
        _job(job, dg.AssetSelection.assets(table_key(table)), _MEANING[job])
        for job, table in TABLE_OF_JOB.items()
    ),
    _job(
        PUBLICATION,
        dg.AssetSelection.groups("publication") | dg.AssetSelection.checks(*PUBLICATION_GATES),
        "All map layers, renewed together; the cache is told.",
    ),
    _job(
        CONSISTENCY,
        dg.AssetSelection.assets(dg.AssetKey(["operations", "consistency"])),
        "Every value of the files against the tables; days that differ are loaded again.",
    ),
    _job(
        MAINTENANCE,
        dg.AssetSelection.assets(dg.AssetKey(["operations", "retention"])),
        "Dagster's own storage is trimmed and checked; partitions that failed are listed.",
    ),
    _job(
        HEALTH,
        dg.AssetSelection.checks(*HEALTH_CHECKS),
        "Are rain, satellite levels and all series as new as they should be? Asked whether or not anything ran.",
    ),
]


def touches(run: dg.DagsterRun, job: str, keys: Iterable[dg.AssetKey]) -> bool:
    """True when a run renews any of some assets, as the job of that name or as a selection made in the UI."""
    selection = run.asset_selection
    return run.job_name == job if selection is None else not selection.isdisjoint(keys)
