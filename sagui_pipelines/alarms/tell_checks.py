"""Telling of asset checks: a failed one opens an incident, a passed one closes it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime

import dagster as dg
import sqlalchemy as sa
from dagster import AssetCheckEvaluation, AssetCheckKey, AssetCheckSeverity

from sagui_pipelines.alarms.incidents import all_clear, report
from sagui_pipelines.alarms.problem import Problem, Severity
from sagui_pipelines.alarms.settings import AlarmSettings
from sagui_pipelines.alarms.texts import say

# Told of elsewhere: late data from the database, whether checks run or not; failed partitions when they failed.
_TOLD_ELSEWHERE = {"freshness", "failed_partitions"}
RUNBOOK = "a-check-failed"
_SEVERITY = {AssetCheckSeverity.WARN: Severity.WARNING, AssetCheckSeverity.ERROR: Severity.ERROR}


def tell_checks(
    instance: dg.DagsterInstance,
    engine: sa.Engine,
    settings: AlarmSettings,
    checks: Iterable[AssetCheckKey],
    cursor: str | None,
    now: datetime,
) -> tuple[str, int]:
    """Open and close incidents by the checks' newest results, where they are not those of the last time.

    Returns:
        the next cursor, and how many results were new.

    Raises:
        DatabaseUnavailable, SchemaOutdated: nothing is lost, the same cursor finds the same results again.
    """
    seen: dict[str, int] = json.loads(cursor) if cursor else {}
    wanted = [check for check in checks if check.name not in _TOLD_ELSEWHERE]
    newest = instance.event_log_storage.get_latest_asset_check_execution_by_key(wanted)
    news = 0
    for check, record in newest.items():
        name = check.to_user_string()
        passed = record.status.name == "SUCCEEDED"
        if seen.get(name) == record.id or not (passed or record.status.name == "FAILED"):
            continue
        if passed:
            all_clear(engine, key_of(check), now=now)
        elif record.evaluation:
            report(engine, problem_of(record.evaluation, settings), settings=settings, now=now)
        seen[name] = record.id
        news += 1
    return json.dumps(seen), news


def key_of(check: AssetCheckKey) -> str:
    """Key of the incident of a failed check."""
    return f"check/{check.asset_key.to_user_string()}/{check.name}"


def problem_of(evaluation: AssetCheckEvaluation, settings: AlarmSettings) -> Problem:
    """The problem that a failed check is; its description is the fact, its metadata `remedy` what to do."""
    language = settings.language
    asset = evaluation.asset_key.to_user_string()
    remedy = evaluation.metadata.get("remedy")
    return Problem(
        key=key_of(evaluation.asset_check_key),
        title=say(language, "check_failed", asset=asset, check=evaluation.check_name),
        fact=evaluation.description or say(language, "check_fact"),
        remedy=str(remedy.value) if remedy else say(language, "check_remedy"),
        severity=_SEVERITY[evaluation.severity],
        source=asset,
        link=f"assets/{asset}?view=checks&checkDetail={evaluation.check_name}",
        runbook=RUNBOOK,
    )
