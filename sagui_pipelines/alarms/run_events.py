"""Reading what a finished run did and failed to do from Dagster's event log."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

import dagster as dg
from dagster import DagsterEvent, DagsterEventType, DagsterRun, DagsterRunStatus

from sagui_pipelines.alarms.outcomes import Failure, Outcome, Work, cause_key
from sagui_pipelines.alarms.problem import Problem
from sagui_pipelines.alarms.settings import AlarmSettings
from sagui_pipelines.alarms.texts import say

RUNBOOK = "a-step-is-red-in-dagster"
_WILL_RETRY = "dagster/will_retry"
_RETRIED_BY = "dagster/auto_retry_run_id"
_PARTITION = "dagster/partition"
_FIRST = "dagster/asset_partition_range_start"
_LAST = "dagster/asset_partition_range_end"
# The check itself is told of.
_FAILED_CHECK = "DagsterAssetCheckFailedError"


def outcome_of(instance: dg.DagsterInstance, record: dg.RunRecord, settings: AlarmSettings) -> Outcome:
    """What one finished run did, and what it failed to do for good."""
    run = record.dagster_run
    first, last = _days(run.tags)
    succeeded = _events(instance, run, DagsterEventType.STEP_SUCCESS)
    done = [Work(event.step_key or _job(run), first, last) for event in succeeded]
    failed = run.status is DagsterRunStatus.FAILURE
    if not failed:
        done.append(Work(_job(run), first, last))
    failures = _failures(instance, run, settings) if failed and not is_retried(run) else ()
    return Outcome(record.end_time or 0.0, tuple(done), failures)


def _events(instance: dg.DagsterInstance, run: DagsterRun, kind: DagsterEventType) -> list[DagsterEvent]:
    entries = instance.all_logs(run.run_id, of_type=kind)
    return [entry.dagster_event for entry in entries if entry.dagster_event]


def is_retried(run: DagsterRun) -> bool:
    """Whether Dagster itself repeats a failed run: then the last repetition decides."""
    return run.tags.get(_WILL_RETRY) == "true" or _RETRIED_BY in run.tags


def _failures(instance: dg.DagsterInstance, run: DagsterRun, settings: AlarmSettings) -> tuple[Failure, ...]:
    first, last = _days(run.tags)
    events = _events(instance, run, DagsterEventType.STEP_FAILURE)
    if not events:
        return (Failure(Work(_job(run), first, last), _died(instance, run, settings)),)
    return tuple(
        Failure(work, _problem(run, work, event, settings))
        for event in events
        if not _is_failed_check(event)
        for work in (Work(event.step_key or _job(run), first, last),)
    )


def _problem(run: DagsterRun, work: Work, event: DagsterEvent, settings: AlarmSettings) -> Problem:
    language = settings.language
    given = event.step_failure_data.user_failure_data
    told = {name: str(value.value) for name, value in (given.metadata if given else {}).items()}
    error = told.get("error") or _error_class(event)
    source = told.get("source", "")
    return Problem(
        key=cause_key(error, source or work.step),
        title=say(language, "step_failed", step=work.step.replace("__", "/")),
        fact=f"{error}: {told.get('fact') or _message(event) or say(language, 'no_reason')}",
        remedy=told.get("remedy") or say(language, "look_at_run"),
        source=source,
        link=f"runs/{run.run_id}",
        runbook=RUNBOOK,
        subject=str(work),
    )


def _died(instance: dg.DagsterInstance, run: DagsterRun, settings: AlarmSettings) -> Problem:
    """A run whose process ended, or that never started."""
    language = settings.language
    reasons = [
        event.message for event in _events(instance, run, DagsterEventType.RUN_FAILURE) if event.message
    ]
    name = run.job_name.strip("_")
    return Problem(
        key=cause_key("run", run.job_name),
        title=say(language, "run_failed", job=name),
        fact=say(language, "run_died", reason=reasons[-1] if reasons else say(language, "no_reason")),
        remedy=say(language, "look_at_run"),
        link=f"runs/{run.run_id}",
        runbook=RUNBOOK,
    )


def _error_class(event: DagsterEvent) -> str:
    """Class of what the step's own code raised, below what Dagster wrapped around it."""
    error = event.step_failure_data.error
    while error and error.cause:
        error = error.cause
    return (error.cls_name if error else None) or "Failure"


def _message(event: DagsterEvent) -> str:
    given = event.step_failure_data.user_failure_data
    if given and given.description:
        return given.description
    error = event.step_failure_data.error
    while error and error.cause:
        error = error.cause
    text = error.message.strip() if error else ""
    # It begins with the name of the class, which is told already.
    return re.sub(rf"^[\w.]*{re.escape(_error_class(event))}: ", "", text)


def _is_failed_check(event: DagsterEvent) -> bool:
    return _error_class(event).endswith(_FAILED_CHECK)


def _job(run: DagsterRun) -> str:
    return f"job {run.job_name}"


def _days(tags: Mapping[str, str]) -> tuple[date | None, date | None]:
    first, last = tags.get(_FIRST), tags.get(_LAST)
    if first is None or last is None:
        first = last = tags.get(_PARTITION)
    if first is None or last is None:
        return None, None
    return date.fromisoformat(first), date.fromisoformat(last)
