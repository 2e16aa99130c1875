"""What makes a run start without a clock: files that changed, tables that changed, a night that failed.

Each sensor compares states, not events: whatever a killed daemon or a lost message left undone is seen at the next
look. A run key names content and attempt, so the same attempt never makes two runs.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg

from sagui_pipelines import attempts
from sagui_pipelines.asset_kit import table_key
from sagui_pipelines.attempts import Attempts, doubling
from sagui_pipelines.columns import LAYERS
from sagui_pipelines.covers import GEOGRAPHY_KEYS, present_marks, published_marks
from sagui_pipelines.due import DueDays, find_due
from sagui_pipelines.errors import DatabaseUnavailable, SchemaOutdated
from sagui_pipelines.hyfaa import assets as hyfaa
from sagui_pipelines.jobs import DAILY, FORECAST, GEOGRAPHY, JOBS, PUBLICATION, TABLE_OF_JOB, touches
from sagui_pipelines.nights import DAY_TAG, failed_night
from sagui_pipelines.publication.marks import NOTHING
from sagui_pipelines.resources import Inputs, Postgis
from sagui_pipelines.runs import under_way
from sagui_pipelines.settings import Runner, load_settings

ATTEMPT_TAG = "sagui/attempt"

# The daemon's loop runs every five seconds. An edit should show at once; files are in no such hurry.
_PUBLISH_INTERVAL_S = 5
_LOAD_INTERVAL_S = 10
_NIGHT_INTERVAL_S = 60

_settings = load_settings()
_LOAD_WAITS = doubling(timedelta(minutes=_settings.load_retry_minutes), 7)
# A cache that restarts is back in seconds.
_PUBLISH_WAITS = [_LOAD_WAITS[0] / 10, *_LOAD_WAITS]
# A provider that is late is late by hours.
_NIGHT_WAITS = doubling(timedelta(minutes=_settings.daily_retry_minutes), 4)

_LAYER_KEYS = [table_key(layer) for layer in LAYERS]


def range_tags(first: date, last: date) -> dict[str, str]:
    """Tags of one run over all partitions from first to last."""
    return {
        "dagster/asset_partition_range_start": first.isoformat(),
        "dagster/asset_partition_range_end": last.isoformat(),
    }


def _partition_tags(due: DueDays, job: str) -> dict[str, str]:
    if job == FORECAST:
        return {"dagster/partition": str(due.forecast_issue)}
    days = due.days[TABLE_OF_JOB[job]]
    return range_tags(days[0].item(), days[-1].item())


def _any_touches(runs: Sequence[dg.DagsterRun], job: str, keys: Sequence[dg.AssetKey]) -> bool:
    return any(touches(run, job, keys) for run in runs)


def _ask(
    wanted: Mapping[str, str],
    earlier: Mapping[str, Attempts],
    waits: Sequence[timedelta],
    request: Callable[[str], dg.RunRequest],
    reasons: Sequence[str] = (),
) -> dg.SensorResult:
    """Ask for a run per job whose turn it is.

    Args:
        wanted: identity of the content per job.
        earlier: attempts made so far, by job.
        waits: see `attempts.decide`.
        request: the run of a job; key and number of the attempt are added here.
        reasons: why other jobs are not asked for.
    """
    known, requests, told = dict(earlier), [], list(reasons)
    for job, identity in wanted.items():
        decision = attempts.decide(f"{job}:{identity}", known.get(job, Attempts()), datetime.now(UTC), waits)
        known[job] = decision.attempts
        if decision.go:
            number = {ATTEMPT_TAG: str(decision.attempts.made)}
            asked = request(job)
            requests.append(
                asked.with_replaced_attrs(run_key=decision.run_key, tags={**asked.tags, **number})
            )
        else:
            told.append(f"{job}: {decision.reason}")
    cursor = attempts.write(known)
    if requests:
        return dg.SensorResult(requests, cursor=cursor)
    return dg.SensorResult(skip_reason="; ".join(told) or "nothing is due", cursor=cursor)


@dg.sensor(
    jobs=[job for job in JOBS if job.name in TABLE_OF_JOB],
    minimum_interval_seconds=_LOAD_INTERVAL_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def load_due(context: dg.SensorEvaluationContext, inputs: Inputs, postgis: Postgis) -> dg.SensorResult:
    """Days that HYFAA computed anew are loaded, one run a table; a load that failed is tried again after a while."""
    runs = under_way(context.instance)
    if _any_touches(runs, DAILY, hyfaa.ALL_KEYS):
        return dg.SensorResult(
            skip_reason="HYFAA's files are being renewed; loads follow when that run has ended"
        )
    try:
        due = find_due(
            postgis.engine,
            snapshot_dir=inputs.snapshot_dir,
            workdir=Path(inputs.workdir),
            not_before=date.fromisoformat(inputs.history_start),
        )
    except (DatabaseUnavailable, SchemaOutdated) as error:
        return dg.SensorResult(skip_reason=str(error))
    wanted, reasons = {}, [str(problem) for problem in due.problems]
    for job, table in TABLE_OF_JOB.items():
        if table not in due.identities:
            continue
        if _any_touches(runs, job, [table_key(table)]):
            reasons.append(f"{job}: a run is under way")
        else:
            wanted[job] = due.identities[table]
    return _ask(
        wanted,
        attempts.read(context.cursor),
        _LOAD_WAITS,
        lambda job: dg.RunRequest(job_name=job, tags=_partition_tags(due, job)),
        reasons,
    )


@dg.sensor(
    job_name=PUBLICATION,
    minimum_interval_seconds=_PUBLISH_INTERVAL_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def publish_due(context: dg.SensorEvaluationContext, postgis: Postgis) -> dg.SensorResult:
    """What was loaded or edited since the newest publication renews the layers and tells the cache, once per change.

    An edit is published at once; loads only when none is under way, so that all tables of a day appear together.
    """
    try:
        present = present_marks(context.instance, postgis.engine)
    except (DatabaseUnavailable, SchemaOutdated) as error:
        return dg.SensorResult(skip_reason=str(error))
    published = published_marks(context.instance) or NOTHING
    if present == published:
        return dg.SensorResult(skip_reason=f"published: {present}")
    runs = under_way(context.instance)
    if _any_touches(runs, PUBLICATION, _LAYER_KEYS):
        return dg.SensorResult(skip_reason="a publication is under way")
    if present.edits == published.edits and _loading(runs):
        return dg.SensorResult(skip_reason="loads are under way; their publication follows")
    return _ask(
        {PUBLICATION: str(present)},
        attempts.read(context.cursor),
        _PUBLISH_WAITS,
        lambda job: dg.RunRequest(job_name=job),
    )


def _loading(runs: Sequence[dg.DagsterRun]) -> bool:
    return _any_touches(runs, GEOGRAPHY, GEOGRAPHY_KEYS) or any(
        _any_touches(runs, job, [table_key(table)]) for job, table in TABLE_OF_JOB.items()
    )


# Where files arrive from elsewhere, only a new delivery helps.
@dg.sensor(
    job_name=DAILY,
    minimum_interval_seconds=_NIGHT_INTERVAL_S,
    default_status=(
        dg.DefaultSensorStatus.STOPPED
        if _settings.hyfaa_runner is Runner.NONE
        else dg.DefaultSensorStatus.RUNNING
    ),
)
def daily_again(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """A night that failed is tried again some times during the day, for the files it did not renew."""
    failed = failed_night(context.instance, hyfaa.ALL_KEYS)
    if failed is None or not failed.missing:
        return dg.SensorResult(skip_reason="the newest daily run did not fail")
    if _any_touches(under_way(context.instance), DAILY, hyfaa.ALL_KEYS):
        return dg.SensorResult(skip_reason="a run that renews HYFAA's files is under way")
    earlier = attempts.read(context.cursor)
    identity = failed.night
    if earlier.get(DAILY, Attempts()).want != f"{DAILY}:{identity}":
        # The schedule made the first attempt.
        earlier[DAILY] = Attempts(f"{DAILY}:{identity}", 1, datetime.now(UTC).isoformat())
    return _ask(
        {DAILY: identity},
        earlier,
        _NIGHT_WAITS,
        lambda job: dg.RunRequest(
            job_name=job, asset_selection=list(failed.missing), tags={DAY_TAG: identity}
        ),
    )


SENSORS = [load_due, publish_due, daily_again]
