"""Flow series as assets, one partition a day; one run loads any range of days in one transaction."""

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
from sagui_pipelines.errors import DayNotAvailable
from sagui_pipelines.flow.forecast import configured_dataset, issue_day, load_forecast
from sagui_pipelines.flow.load import LoadReport, load_series
from sagui_pipelines.flow.plots import forecast_plot, series_plot
from sagui_pipelines.flow.series import table_name
from sagui_pipelines.hyfaa.snapshot import current_snapshot
from sagui_pipelines.hyfaa.solutions import Solution
from sagui_pipelines.partitions import DAYS, ISSUE_DAYS
from sagui_pipelines.postgis.merge import MergeCounts
from sagui_pipelines.resources import Inputs, Postgis

GROUP = "flow"


def _series_asset(solution: Solution, description: str) -> dg.AssetsDefinition:
    table = table_name(solution)

    @dg.asset(
        key=table_key(table),
        deps=[file_key(f"{solution.value}_portal")],
        description=description,
        partitions_def=DAYS,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name=GROUP,
        kinds={"postgres", "netcdf"},
        owners=OWNERS,
        metadata=table_metadata(table),
        pool=load_pool(table),
    )
    def series(
        context: dg.AssetExecutionContext, inputs: Inputs, postgis: Postgis
    ) -> dg.MaterializeResult[None]:
        with reported_errors(context):
            snapshot = current_snapshot(inputs.snapshot_dir, solution)
            with snapshot.open() as portal:
                report = load_series(
                    postgis.engine,
                    portal,
                    solution,
                    partition_days(context),
                    run_id=context.run.run_id,
                    snapshot_version=snapshot.version,
                    source_file=snapshot.source,
                    force=True,
                    progress=context.log.info,
                )
        tell_refused_days(context, report.refused)
        tell_absent_days(context, [*report.days, *report.refused])
        context.add_asset_metadata(
            {"hydrograph": dg.MetadataValue.md(series_plot(postgis.engine, solution))},
            partition_key=context.partition_keys[-1],
        )
        return dg.MaterializeResult(
            data_version=dg.DataVersion(snapshot.version),
            metadata={**_range(report), **counts(report.counts), "file_version": snapshot.version},
        )

    return series


hyfaa_data_mgbstandard = _series_asset(
    Solution.MGBSTANDARD,
    "Flow and level of every cell and day from the model alone, with expected flow and anomaly.",
)
hyfaa_data_assimilated = _series_asset(
    Solution.ASSIMILATED,
    "Flow and level of every cell and day with satellite levels assimilated, with expected flow and anomaly.",
)


@dg.asset(
    key=table_key(table_name(Solution.FORECAST)),
    deps=[file_key("forecast_portal"), file_key("assimilated_portal"), file_key("mgbstandard_portal")],
    partitions_def=ISSUE_DAYS,
    group_name=GROUP,
    kinds={"postgres", "netcdf"},
    owners=OWNERS,
    metadata=table_metadata(table_name(Solution.FORECAST)),
    pool=load_pool(table_name(Solution.FORECAST)),
)
def hyfaa_data_forecast(
    context: dg.AssetExecutionContext, inputs: Inputs, postgis: Postgis
) -> dg.MaterializeResult[None]:
    """Flow of the coming ten days, per issue day; every issue stays in the archive."""
    with reported_errors(context):
        dataset = configured_dataset(postgis.engine)
        snapshot = current_snapshot(inputs.snapshot_dir, Solution.FORECAST)
        history = current_snapshot(inputs.snapshot_dir, dataset)
        with snapshot.open() as portal, history.open() as past:
            issued = issue_day(portal)
            if issued.isoformat() != context.partition_key:
                raise DayNotAvailable(
                    snapshot.source,
                    f"holds the forecast issued on {issued}, not the one of {context.partition_key}",
                    "Materialize that issue day; earlier issues that were loaded are in the archive.",
                )
            report = load_forecast(
                postgis.engine,
                portal,
                past,
                dataset,
                run_id=context.run.run_id,
                snapshot_version=snapshot.version,
                source_file=snapshot.source,
            )
    return dg.MaterializeResult(
        data_version=dg.DataVersion(snapshot.version),
        metadata={
            **counts(report.current),
            "issue_day": str(report.issue),
            "first_date": str(report.days[0]),
            "last_date": str(report.days[-1]),
            "shown_on_the_map": report.is_newest,
            "file_version": snapshot.version,
            "hydrograph": dg.MetadataValue.md(forecast_plot(postgis.engine, dataset)),
        },
    )


def counts(report: MergeCounts) -> dict[str, int]:
    """Row counts of a load, as metadata."""
    return {
        "dagster/row_count": report.staged,
        "inserted": report.inserted,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "deleted": report.deleted,
    }


def _range(report: LoadReport) -> dict[str, str | int]:
    return {
        "first_date": str(report.days[0]) if report.days else "none",
        "last_date": str(report.days[-1]) if report.days else "none",
        "days": len(report.days),
        "cells": report.n_cells,
        "refused_days": len(report.refused),
        "contradictory_values_left_out": report.blotted,
    }


ASSETS = [hyfaa_data_mgbstandard, hyfaa_data_assimilated, hyfaa_data_forecast]
