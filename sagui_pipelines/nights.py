"""A night that failed: which of HYFAA's files it did not renew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import dagster as dg

from sagui_pipelines.jobs import DAILY

DAY_TAG = "sagui/day"


@dataclass(frozen=True)
class FailedNight:
    """The newest daily run, when it failed.

    Attributes:
        night: identity of the night, the same for all its attempts: the UTC day, or the run a person started.
        missing: assets that no attempt of this night has renewed.
    """

    night: str
    missing: tuple[dg.AssetKey, ...]


def failed_night(instance: dg.DagsterInstance, keys: Sequence[dg.AssetKey]) -> FailedNight | None:
    """Look at the newest daily run; None when there is none, or it did not fail (a person may have canceled it).

    Args:
        instance: Dagster's memory.
        keys: all assets of a night.
    """
    newest = instance.get_run_records(dg.RunsFilter(job_name=DAILY), limit=1)
    if not newest or newest[0].dagster_run.status is not dg.DagsterRunStatus.FAILURE:
        return None
    run = newest[0].dagster_run
    night = run.tags.get(DAY_TAG, run.root_run_id or run.run_id)
    attempts = instance.get_run_records(
        dg.RunsFilter(job_name=DAILY, tags={DAY_TAG: night}), limit=1, ascending=True
    )
    begun = (attempts or newest)[0].create_timestamp.timestamp()
    renewed = set()
    for record in instance.get_asset_records(keys):
        made = record.asset_entry.last_materialization
        if made is not None and made.timestamp >= begun:
            renewed.add(record.asset_entry.asset_key)
    return FailedNight(night, tuple(key for key in keys if key not in renewed))
