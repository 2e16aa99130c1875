"""Which runs are under way, as the sensors need to know it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import dagster as dg

UNFINISHED = (
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)

# Dagster marks a failed run that it will start again, and the run that it started.
_WILL_RETRY = "dagster/will_retry"
_RETRIED_BY = "dagster/auto_retry_run_id"
# Later than this nobody starts it any more: the daemon that should have was reset.
_RETRY_WITHIN = timedelta(minutes=10)


def under_way(instance: dg.DagsterInstance) -> list[dg.DagsterRun]:
    """Runs that wait or work, and failed ones that Dagster is about to start again."""
    unfinished = instance.get_runs(dg.RunsFilter(statuses=list(UNFINISHED)))
    failed = instance.get_runs(
        dg.RunsFilter(
            statuses=[dg.DagsterRunStatus.FAILURE],
            tags={_WILL_RETRY: "true"},
            updated_after=datetime.now(UTC) - _RETRY_WITHIN,
        )
    )
    return [*unfinished, *(run for run in failed if _RETRIED_BY not in run.tags)]
