"""Which partitions were asked for and are not there: the newest attempt of each failed.

A run over a range of days plans them in one event, not in one a day. Dagster itself then marks no day as failed, so
this reads the plans of failed runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import dagster as dg


def failed_partitions(instance: dg.DagsterInstance, key: dg.AssetKey) -> set[str]:
    """Keys of the partitions of an asset that a failed run should have made, and no run has made since.

    Args:
        instance: Dagster's memory.
        key: a partitioned asset.
    """
    made = instance.event_log_storage.get_latest_storage_id_by_partition(
        key, dg.DagsterEventType.ASSET_MATERIALIZATION
    )
    failed: set[str] = set()
    for storage_id, partitions in _failed_plans(instance, key):
        failed.update(name for name in partitions if made.get(name, 0) < storage_id)
    return failed


def _failed_plans(instance: dg.DagsterInstance, key: dg.AssetKey) -> Iterator[tuple[int, Sequence[str]]]:
    """Number of the event and partitions of every plan of a failed run."""
    records = instance.event_log_storage.get_event_records(
        dg.EventRecordsFilter(dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED, asset_key=key)
    )
    runs = {record.run_id for record in records}
    if not runs:
        return
    failed = {
        run.run_id
        for run in instance.get_runs(
            dg.RunsFilter(run_ids=list(runs), statuses=[dg.DagsterRunStatus.FAILURE])
        )
    }
    for record in records:
        event = record.event_log_entry.dagster_event
        if record.run_id in failed and event is not None:
            plan = event.asset_materialization_planned_data
            if plan.partitions_subset is not None:
                yield record.storage_id, list(plan.partitions_subset.get_partition_keys())
            elif plan.partition is not None:
                yield record.storage_id, [plan.partition]


def as_ranges(partitions: dg.PartitionsDefinition[str], keys: set[str]) -> list[str]:
    """Neighbouring partitions put together, for people: `2024-03-01 to 2024-03-05`."""
    ranges: list[list[str]] = []
    before = None
    for key in partitions.get_partition_keys():
        if key in keys:
            if before in keys and ranges:
                ranges[-1].append(key)
            else:
                ranges.append([key])
        before = key
    return [group[0] if len(group) == 1 else f"{group[0]} to {group[-1]}" for group in ranges]
