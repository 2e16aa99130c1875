"""Rain as an asset, one partition a day."""

from pathlib import Path

import dagster as dg

from sagui_pipelines.asset_kit import (
    OWNERS,
    file_key,
    partition_days,
    reported_errors,
    table_key,
    table_metadata,
    tell_absent_days,
)
from sagui_pipelines.flow.assets import POOL, counts
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
    pool=POOL,
)
def sagui_rainfall(
    context: dg.AssetExecutionContext, inputs: Inputs, postgis: Postgis
) -> dg.MaterializeResult[None]:
    """Rain on every cell and day [mm day-1]. A day whose file is refused is reported; the others are loaded."""
    with reported_errors(context):
        report = load_rain(
            postgis.engine,
            RainStore(Path(inputs.workdir) / FORCING_ONMESH),
            partition_days(context),
            run_id=context.run.run_id,
            force=True,
            progress=context.log.info,
        )
    for problem in report.problems[:_PROBLEMS_SHOWN]:
        context.log.warning(problem)
    tell_absent_days(context, report.days)
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
        }
    )


ASSETS = [sagui_rainfall]
