"""HYFAA's steps as assets: each brings one file or store up to date; what is published is copied and checked first."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import netCDF4

from sagui_pipelines.asset_kit import OWNERS, file_key, reported_errors
from sagui_pipelines.errors import SourceCorrupt, SourceMissing
from sagui_pipelines.hyfaa.netcdf import LIBRARY
from sagui_pipelines.hyfaa.rain_store import RainStore
from sagui_pipelines.hyfaa.runner import Step, StepReport
from sagui_pipelines.hyfaa.snapshot import take_snapshot
from sagui_pipelines.hyfaa.solutions import FORCING_ONMESH, STATIC_DATA, Solution
from sagui_pipelines.hyfaa.telling import DagsterTeller
from sagui_pipelines.hyfaa.workspace import check_workdir
from sagui_pipelines.resources import Inputs
from sagui_pipelines.settings import Runner, load_settings

GROUP = "hyfaa"
_PROBLEMS_SHOWN = 20
_ALTIMETRY_TEXT = (
    "Water levels seen by satellites at virtual stations, as discharge: HYFAA's database of observations. "
    "Only the assimilated series needs it."
)


def pool(name: str) -> str:
    """Pool of an asset: one slot each, since no step may run twice at a time.

    Which different steps exclude each other is more than a pool can say: the runner sees to it.
    """
    return f"{GROUP}_{name}"


def _run(context: dg.AssetExecutionContext, inputs: Inputs, step: Step) -> dict[str, Any]:
    """Run a step; what is worth knowing of it, as metadata."""
    report: StepReport = inputs.model().run(step, DagsterTeller(context))
    metadata: dict[str, Any] = dict(report.facts)
    if report.repairs:
        metadata["put_right"] = dg.MetadataValue.md("\n".join(f"- {sentence}" for sentence in report.repairs))
    return metadata


@dg.asset(
    key=file_key("static_data"),
    group_name=GROUP,
    kinds={"netcdf"},
    owners=OWNERS,
    pool=pool("static_data"),
)
def static_data(context: dg.AssetExecutionContext, inputs: Inputs) -> dg.MaterializeResult[None]:
    """Mesh and parameters of the model: cells, their positions, rivers and soils (`static_data.nc`)."""
    with reported_errors(context):
        inputs.model().prepare_geodata(context.log.info)
        path = Path(inputs.workdir) / STATIC_DATA
        if not path.is_file():
            raise SourceMissing(
                path, "is not there", "Download HYFAA's input data, or set SAGUI_HYFAA_WORKDIR."
            )
        try:
            with LIBRARY, netCDF4.Dataset(path) as dataset:
                sizes = {name: dimension.size for name, dimension in dataset.dimensions.items()}
        except OSError as error:
            raise SourceCorrupt(path, f"cannot be read as NetCDF ({error})", "Download it again.") from error
    return dg.MaterializeResult(
        metadata={
            "path": dg.MetadataValue.path(path),
            "cells": sizes.get("n_cells", 0),
            "basins": sizes.get("n_basins", 0),
            "dimensions": sizes,
        }
    )


@dg.asset(
    key=file_key("forcing_onmesh_db"),
    deps=[file_key("static_data")],
    group_name=GROUP,
    kinds={"netcdf", "sqlite"},
    owners=OWNERS,
    pool=pool("forcing"),
)
def forcing_onmesh_db(context: dg.AssetExecutionContext, inputs: Inputs) -> dg.MaterializeResult[None]:
    """Daily rain on the model's cells: HYFAA's rain store and its catalogue [mm per UTC day]."""
    with reported_errors(context):
        metadata = _run(context, inputs, Step.FORCING)
        check_workdir(Path(inputs.workdir))
        catalogue = RainStore(Path(inputs.workdir) / FORCING_ONMESH).catalogue()
        for problem in catalogue.problems[:_PROBLEMS_SHOWN]:
            context.log.warning(problem)
    dates = [file.date for file in catalogue.files]
    return dg.MaterializeResult(
        metadata={
            **metadata,
            "days": len(dates),
            "first_date": str(min(dates, default="none")),
            "last_date": str(max(dates, default="none")),
            "problems": len(catalogue.problems),
            "path": dg.MetadataValue.path(Path(inputs.workdir) / FORCING_ONMESH),
        }
    )


def _store_asset(
    name: str, step: Step, upstream: Sequence[str], pool_name: str, description: str
) -> dg.AssetsDefinition:
    """An asset that a step makes and only HYFAA reads."""

    @dg.asset(
        key=file_key(name),
        deps=[file_key(other) for other in upstream],
        description=description,
        group_name=GROUP,
        kinds={"sqlite"},
        owners=OWNERS,
        pool=pool(pool_name),
    )
    def store(context: dg.AssetExecutionContext, inputs: Inputs) -> dg.MaterializeResult[None]:
        with reported_errors(context):
            metadata = _run(context, inputs, step)
        return dg.MaterializeResult(metadata=metadata)

    return store


def _portal_asset(
    solution: Solution, step: Step, upstream: Sequence[str], description: str
) -> dg.AssetsDefinition:
    """An asset that a step makes and the platform reads: a verified copy."""

    @dg.asset(
        key=file_key(f"{solution.value}_portal"),
        deps=[file_key(name) for name in upstream],
        description=description,
        group_name=GROUP,
        kinds={"netcdf"},
        owners=OWNERS,
        pool=pool("forecast" if solution is Solution.FORECAST else f"{solution.value}_portal"),
    )
    def portal(context: dg.AssetExecutionContext, inputs: Inputs) -> dg.MaterializeResult[None]:
        with reported_errors(context):
            metadata = _run(context, inputs, step)
            check_workdir(Path(inputs.workdir))
            snapshot = take_snapshot(Path(inputs.workdir), solution, inputs.snapshot_dir)
        return dg.MaterializeResult(
            data_version=dg.DataVersion(snapshot.version),
            metadata={
                **metadata,
                "file_version": snapshot.version,
                "first_date": str(snapshot.first_date),
                "last_date": str(snapshot.last_date),
                "days": snapshot.n_time,
                "cells": snapshot.n_cells,
                "members": snapshot.n_ensemble,
                "source": dg.MetadataValue.path(snapshot.source),
                "verified_copy": dg.MetadataValue.path(snapshot.path),
            },
        )

    return portal


assimilation_db = _store_asset("assimilation_db", Step.ALTIMETRY, [], "altimetry", _ALTIMETRY_TEXT)
mgbstandard_states_db = _store_asset(
    "mgbstandard_states_db",
    Step.MGBSTANDARD_PROCESSING,
    ["forcing_onmesh_db"],
    "mgbstandard_states",
    "State of the river model at 00:00 UTC of every day, from the model alone: HYFAA's store, where each run goes on.",
)
mgbstandard_portal = _portal_asset(
    Solution.MGBSTANDARD,
    Step.MGBSTANDARD_POSTPROCESSING,
    ["mgbstandard_states_db"],
    "Flow and level of every cell and day from the model alone, one member: a verified copy of HYFAA's portal file.",
)
assimilated_states_db = _store_asset(
    "assimilated_states_db",
    Step.ASSIMILATED_PROCESSING,
    ["forcing_onmesh_db", "assimilation_db"],
    "assimilated_states",
    "States of an ensemble of the river model, corrected by satellite levels: HYFAA's store, where each run goes on.",
)
assimilated_portal = _portal_asset(
    Solution.ASSIMILATED,
    Step.ASSIMILATED_POSTPROCESSING,
    ["assimilated_states_db"],
    "Flow and level of every cell and day with satellite levels assimilated, as statistics of an ensemble: "
    "a verified copy of HYFAA's portal file.",
)
forecast_portal = _portal_asset(
    Solution.FORECAST,
    Step.FORECAST,
    ["mgbstandard_states_db"],
    "Ten days ahead, driven by the rain of the same days in up to ten earlier years: a verified copy of HYFAA's "
    "portal file.",
)
ensemblist_states_db = _store_asset(
    "ensemblist_states_db",
    Step.ENSEMBLIST_PROCESSING,
    ["forcing_onmesh_db"],
    "ensemblist_states",
    "States of an ensemble of the river model driven by uncertain rain. The costliest solution, and nothing reads it.",
)
ensemblist_portal = _store_asset(
    "ensemblist_portal",
    Step.ENSEMBLIST_POSTPROCESSING,
    ["ensemblist_states_db"],
    "ensemblist_portal",
    "Flow and level of every cell and day as statistics of the ensemble without altimetry. Nothing reads it.",
)

FORCING = [static_data, forcing_onmesh_db]
ALTIMETRY = [assimilation_db]
MODEL = [
    mgbstandard_states_db,
    mgbstandard_portal,
    forecast_portal,
    assimilated_states_db,
    assimilated_portal,
]
ENSEMBLIST = [ensemblist_states_db, ensemblist_portal]


def build_assets(*, ensemblist: bool, delivered: bool) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """Assets of HYFAA's room.

    Args:
        ensemblist: with the solution that nothing reads.
        delivered: files arrive from elsewhere, so that stores which only HYFAA reads are observed and never made.
    """
    made = [*FORCING, *ALTIMETRY, *MODEL, *(ENSEMBLIST if ensemblist else ())]
    inner = {assimilation_db, mgbstandard_states_db, assimilated_states_db, *ENSEMBLIST}
    return [_observed(asset) if delivered and asset in inner else asset for asset in made]


def _observed(asset: dg.AssetsDefinition) -> dg.AssetSpec:
    [spec] = asset.specs
    return dg.AssetSpec(
        key=spec.key,
        deps=spec.deps,
        description=spec.description,
        group_name=spec.group_name,
        kinds=spec.kinds,
        owners=spec.owners,
    )


def _keys(assets: Sequence[dg.AssetsDefinition]) -> list[dg.AssetKey]:
    return [asset.key for asset in assets]


_settings = load_settings()
ASSETS = build_assets(ensemblist=_settings.hyfaa_ensemblist, delivered=_settings.hyfaa_runner is Runner.NONE)
_makes = {asset.key for asset in ASSETS if isinstance(asset, dg.AssetsDefinition)}
FORCING_KEYS = _keys(FORCING)
ALTIMETRY_KEYS = [key for key in _keys(ALTIMETRY) if key in _makes]
MODEL_KEYS = [key for key in _keys([*MODEL, *ENSEMBLIST]) if key in _makes]
ALL_KEYS = [*FORCING_KEYS, *ALTIMETRY_KEYS, *MODEL_KEYS]


def executor_for(runner: Runner) -> dg.ExecutorDefinition:
    """How jobs with steps of the model run: side by side where HYFAA's programs run, in one process else."""
    if runner in (Runner.PROCESS, Runner.DOCKER):
        return dg.multiprocess_executor.configured(
            {
                "max_concurrent": 4,
                "start_method": {"forkserver": {"preload_modules": ["sagui_pipelines.definitions"]}},
            },
            name="multiprocess",
        )
    return dg.in_process_executor


def model_executor() -> dg.ExecutorDefinition:
    """Executor of jobs with steps of the model, by the settings."""
    return executor_for(_settings.hyfaa_runner)
