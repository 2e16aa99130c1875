"""HYFAA's files as assets: each is brought up to date by the runner, checked, and copied before anybody reads it."""

from collections.abc import Sequence
from pathlib import Path

import dagster as dg
import netCDF4

from sagui_pipelines.asset_kit import OWNERS, file_key, reported_errors
from sagui_pipelines.errors import SourceCorrupt, SourceMissing
from sagui_pipelines.hyfaa.rain_store import RainStore
from sagui_pipelines.hyfaa.runner import Step
from sagui_pipelines.hyfaa.snapshot import take_snapshot
from sagui_pipelines.hyfaa.solutions import FORCING_ONMESH, STATIC_DATA, Solution
from sagui_pipelines.hyfaa.workspace import check_workdir
from sagui_pipelines.resources import Inputs

GROUP = "hyfaa"
# The model forbids two of its steps on one store at a time; one slot for all of them is the safe reading.
POOL = "hyfaa_model"
_PROBLEMS_SHOWN = 20


@dg.asset(key=file_key("static_data"), group_name=GROUP, kinds={"netcdf"}, owners=OWNERS, pool=POOL)
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
            with netCDF4.Dataset(path) as dataset:
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
    pool=POOL,
)
def forcing_onmesh_db(context: dg.AssetExecutionContext, inputs: Inputs) -> dg.MaterializeResult[None]:
    """Daily rain on the model's cells: HYFAA's rain store and its catalogue [mm per UTC day]."""
    with reported_errors(context):
        inputs.model().run(Step.FORCING, context.log.info)
        check_workdir(Path(inputs.workdir))
        catalogue = RainStore(Path(inputs.workdir) / FORCING_ONMESH).catalogue()
        for problem in catalogue.problems[:_PROBLEMS_SHOWN]:
            context.log.warning(problem)
    dates = [file.date for file in catalogue.files]
    return dg.MaterializeResult(
        metadata={
            "days": len(dates),
            "first_date": str(min(dates, default="none")),
            "last_date": str(max(dates, default="none")),
            "problems": len(catalogue.problems),
            "path": dg.MetadataValue.path(Path(inputs.workdir) / FORCING_ONMESH),
        }
    )


def _portal_asset(
    solution: Solution, step: Step, upstream: Sequence[str], description: str
) -> dg.AssetsDefinition:
    @dg.asset(
        key=file_key(f"{solution.value}_portal"),
        deps=[file_key(name) for name in upstream],
        description=description,
        group_name=GROUP,
        kinds={"netcdf"},
        owners=OWNERS,
        pool=POOL,
    )
    def portal(context: dg.AssetExecutionContext, inputs: Inputs) -> dg.MaterializeResult[None]:
        with reported_errors(context):
            inputs.model().run(step, context.log.info)
            check_workdir(Path(inputs.workdir))
            snapshot = take_snapshot(Path(inputs.workdir), solution, inputs.snapshot_dir)
        return dg.MaterializeResult(
            data_version=dg.DataVersion(snapshot.version),
            metadata={
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


mgbstandard_portal = _portal_asset(
    Solution.MGBSTANDARD,
    Step.MGBSTANDARD,
    ["forcing_onmesh_db"],
    "Flow and level of every cell and day from the model alone, one member: a verified copy of HYFAA's portal file.",
)
assimilated_portal = _portal_asset(
    Solution.ASSIMILATED,
    Step.ASSIMILATED,
    ["forcing_onmesh_db"],
    "Flow and level of every cell and day with satellite levels assimilated, as statistics of an ensemble: "
    "a verified copy of HYFAA's portal file.",
)
forecast_portal = _portal_asset(
    Solution.FORECAST,
    Step.FORECAST,
    ["mgbstandard_portal"],
    "Ten days ahead, driven by the rain of the same days in up to ten earlier years: a verified copy of HYFAA's "
    "portal file.",
)

ASSETS = [static_data, forcing_onmesh_db, mgbstandard_portal, assimilated_portal, forecast_portal]
