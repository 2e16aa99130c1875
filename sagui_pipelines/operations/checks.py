"""Checks of the platform's own state."""

import dagster as dg

from sagui_pipelines.asset_kit import table_key
from sagui_pipelines.jobs import FORECAST, TABLE_OF_JOB
from sagui_pipelines.operations.assets import RETENTION
from sagui_pipelines.operations.failed_partitions import as_ranges, failed_partitions
from sagui_pipelines.partitions import DAYS, ISSUE_DAYS


@dg.asset_check(
    asset=RETENTION,
    name="no_partition_failed",
    description="No day of any table is left whose newest load failed.",
)
def no_partition_failed(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    """List the partitions whose newest attempt failed."""
    failed = {}
    for job, table in TABLE_OF_JOB.items():
        partitions = ISSUE_DAYS if job == FORECAST else DAYS
        keys = failed_partitions(context.instance, table_key(table))
        if keys:
            failed[table] = as_ranges(partitions, keys)
    listed = "; ".join(f"{table}: {', '.join(ranges)}" for table, ranges in failed.items())
    return dg.AssetCheckResult(
        passed=not failed,
        severity=dg.AssetCheckSeverity.WARN,
        description=listed or "no partition failed",
        metadata={
            "remedy": "Open the table's page in Dagster, choose the failed partitions, and materialize them in one run.",
            **failed,
        },
    )


CHECKS = [no_partition_failed]
