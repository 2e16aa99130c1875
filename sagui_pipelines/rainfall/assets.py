"""Rain as an asset, one partition a day."""

from pathlib import Path

import dagster as dg

from sagui_pipelines.asset_kit import (
    OWNERS,
    file_key,
    load_pool,
    partition_days,
    reported_errors,
    table_key,
    table_metadata,
    tell_absent_days,
    tell_refused_days,
)
from sagui_pipelines.flow.assets import counts
from sagui_pipelines.hyfaa.accepted import accepted_days
from sagui_pipelines.hyfaa.mesh import usable_mesh
from sagui_pipelines.hyfaa.rain_store import RainStore
from sagui_pipelines.hyfaa.solutions import FORCING_ONMESH
from sagui_pipelines.partitions import DAYS
from sagui_pipelines.rainfall.load import TABLE, load_rain
from sagui_pipelines.rainfall.plots import rain_plot
from sagui_pipelines.resources import Inputs, Postgis

_PROBLEMS_SHOWN = 20


@dg.asset(
    key=table_key(TABLE),
    deps=[file_key("forcing_onmesh_db")],
    partitions_def=DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    group_name="rainfall",
    kinds={"postgres", "netcdf"},
    owners=OWNERS,
    metadata=table_metadata(TABLE),
    pool=load_pool(TABLE),
)
def sagui_rainfall(
    context: dg.AssetExecutionContext, inputs: Inputs, postgis: Postgis
) -> dg.MaterializeResult[None]:
    """Rain on every cell and day [mm day-1]. A corrupt day is left out and told of; the others are loaded."""
    with reported_errors(context):
        mesh, _ = usable_mesh(Path(inputs.workdir))
        accepted, _ = accepted_days(inputs.snapshot_dir)
        report = load_rain(
            postgis.engine,
            RainStore(Path(inputs.workdir) / FORCING_ONMESH),
            partition_days(context),
            run_id=context.run.run_id,
            force=True,
            area_km2=None if mesh is None else float(mesh.cell_km2.sum()),
            accepted=accepted,
            progress=context.log.info,
        )
    for problem in report.problems[:_PROBLEMS_SHOWN]:
        context.log.warning(problem)
    refused = {day: error.fact for day, error in report.refused}
    tell_refused_days(context, refused)
    tell_absent_days(context, [*report.days, *refused])
    context.add_asset_metadata(
        {"rain": dg.MetadataValue.md(rain_plot(postgis.engine))}, partition_key=context.partition_keys[-1]
    )
    return dg.MaterializeResult(
        metadata={
            **counts(report.counts),
            "first_date": str(report.days[0]) if report.days else "none",
            "last_date": str(report.days[-1]) if report.days else "none",
            "days": len(report.days),
            "cells": report.n_cells or 0,
            "problems": len(report.problems),
            "refused_days": len(refused),
        }
    )


ASSETS = [sagui_rainfall]
