"""Assets that look after the platform itself."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import dagster as dg

from sagui_pipelines.asset_kit import OWNERS, reported_errors, table_key
from sagui_pipelines.errors import SaguiError
from sagui_pipelines.flow.consistency import compare_series
from sagui_pipelines.flow.series import table_name
from sagui_pipelines.hyfaa.rain_store import RainStore
from sagui_pipelines.hyfaa.snapshot import current_snapshot
from sagui_pipelines.hyfaa.solutions import FORCING_ONMESH, Solution
from sagui_pipelines.operations.retention import storage_state, trim
from sagui_pipelines.postgis.compare import Comparison
from sagui_pipelines.rainfall.consistency import compare_rain
from sagui_pipelines.rainfall.load import TABLE as RAIN_TABLE
from sagui_pipelines.resources import Inputs, Postgis
from sagui_pipelines.settings import load_settings

GROUP = "operations"
CONSISTENCY = dg.AssetKey([GROUP, "consistency"])
RETENTION = dg.AssetKey([GROUP, "retention"])
_DAYS_SHOWN = 40
_SERIES = (Solution.MGBSTANDARD, Solution.ASSIMILATED)


@dg.asset(
    key=CONSISTENCY,
    deps=[table_key(RAIN_TABLE), *(table_key(table_name(solution)) for solution in _SERIES)],
    check_specs=[
        dg.AssetCheckSpec(
            "tables_equal_files",
            asset=CONSISTENCY,
            description="Every value of the verified files stands in the tables, and nothing else.",
        )
    ],
    group_name=GROUP,
    kinds={"postgres", "netcdf"},
    owners=OWNERS,
    pool="consistency",
)
def consistency(context: dg.AssetExecutionContext, inputs: Inputs, postgis: Postgis) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster does not know the generic beside checks
    """Tables against files, every cell and day. Days that differ become due again, so the next load repairs them."""

    def series(solution: Solution) -> Comparison:
        with current_snapshot(inputs.snapshot_dir, solution).open() as portal:
            return compare_series(postgis.engine, portal, solution)

    def rain() -> Comparison:
        return compare_rain(postgis.engine, RainStore(Path(inputs.workdir) / FORCING_ONMESH))

    found: list[Comparison] = []
    left_out: list[str] = []

    def attempt(compare: Callable[[], Comparison]) -> None:
        try:
            found.append(compare())
        except SaguiError as error:
            if error.retryable:
                raise
            left_out.append(f"{type(error).__name__}: {error}")

    with reported_errors(context):
        for solution in _SERIES:
            attempt(partial(series, solution))
        attempt(rain)
    for problem in left_out:
        context.log.warning(f"not compared: {problem}")
    differing = sum(len(comparison.differences) for comparison in found)
    summary = "; ".join(
        f"{comparison.table}: {comparison.days} days, {comparison.rows} rows, {len(comparison.differences)} days differ"
        for comparison in found
    )
    return dg.MaterializeResult(
        metadata={
            "days_compared": sum(comparison.days for comparison in found),
            "rows_compared": sum(comparison.rows for comparison in found),
            "days_that_differ": differing,
            "days_due": sum(comparison.due for comparison in found),
            "differences": dg.MetadataValue.md(_table(found)),
            "not_compared": left_out,
        },
        check_results=[
            dg.AssetCheckResult(
                passed=differing == 0,
                severity=dg.AssetCheckSeverity.WARN,
                description=summary or "nothing could be compared",
                metadata={
                    "remedy": "The days that differ were marked as due; the next loads repair them. Find out who wrote to the tables.",
                    "differences": dg.MetadataValue.md(_table(found)),
                },
            )
        ],
    )


def _table(found: list[Comparison]) -> str:
    lines = [
        f"| {comparison.table} | {day.day} | {day.missing} | {day.surplus} | {day.different} |"
        for comparison in found
        for day in comparison.differences
    ]
    shown = lines[:_DAYS_SHOWN]
    if len(lines) > len(shown):
        shown.append(f"| and {len(lines) - len(shown)} more days | | | | |")
    if not shown:
        return "no difference"
    return "\n".join(
        ["| table | day | missing rows | surplus rows | different rows |", "|---|---|---|---|---|", *shown]
    )


@dg.asset(
    key=RETENTION,
    check_specs=[
        dg.AssetCheckSpec(
            "storage_is_bounded",
            asset=RETENTION,
            description="Dagster's own database holds no event that is older than the retention, and is small.",
        )
    ],
    group_name=GROUP,
    kinds={"postgres"},
    owners=OWNERS,
)
def retention(context: dg.AssetExecutionContext) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster does not know the generic beside checks
    """Old events, runs and check results of Dagster itself are removed; the newest of every partition stay."""
    settings = load_settings()
    now = datetime.now(UTC)
    oldest = now - timedelta(days=settings.retention_days)
    limit_mb = settings.dagster_database_limit_mb
    with reported_errors(context):
        removed = trim(context.instance, oldest, now)
        state = storage_state(context.instance, oldest)
    bounded = state.megabytes <= limit_mb and state.overdue_events == 0
    return dg.MaterializeResult(
        metadata={
            "removed_events": removed.events,
            "removed_runs": removed.runs,
            "removed_check_results": removed.check_results,
            "database_mb": state.megabytes,
            "events": state.events,
            "runs": state.runs,
            "check_results": state.check_results,
            "ticks": state.ticks,
            "kept_since": oldest.date().isoformat(),
        },
        check_results=[
            dg.AssetCheckResult(
                passed=bounded,
                severity=dg.AssetCheckSeverity.ERROR,
                description=(
                    f"Dagster's database holds {state.megabytes:.0f} MB, limit {limit_mb} MB; "
                    f"{state.overdue_events} events are older than {settings.retention_days} days"
                ),
                metadata={
                    "remedy": "Look at the newest run of this asset. Space that was freed is used again; "
                    "VACUUM FULL gives it back to the disk.",
                    "database_mb": state.megabytes,
                    "overdue_events": state.overdue_events,
                },
            )
        ],
    )


ASSETS = [consistency, retention]
