"""What Dagster's daemon tells operators of: failed runs, failed checks, overdue data. Sensors that start no run."""

from collections.abc import Callable
from datetime import UTC, datetime

import dagster as dg

from sagui_pipelines.alarms.delivery import channels_of, deliver
from sagui_pipelines.alarms.series import tell_overdue
from sagui_pipelines.alarms.settings import load_alarm_settings
from sagui_pipelines.alarms.stored_outbox import StoredOutbox
from sagui_pipelines.alarms.tell_checks import tell_checks
from sagui_pipelines.alarms.tell_runs import tell_runs
from sagui_pipelines.errors import DatabaseUnavailable, SchemaOutdated
from sagui_pipelines.resources import Postgis

_RUNNING = dg.DefaultSensorStatus.RUNNING
_INTERVAL_S = 30
_OVERDUE_INTERVAL_S = 60


def _tick(context: dg.SensorEvaluationContext, tell: Callable[[], tuple[str | None, str]]) -> dg.SensorResult:
    """One evaluation; without the database the cursor stays, so that nothing is lost, only late."""
    try:
        cursor, told = tell()
    except (DatabaseUnavailable, SchemaOutdated) as error:
        return dg.SensorResult(skip_reason=str(error), cursor=context.cursor)
    return dg.SensorResult(skip_reason=told, cursor=cursor)


@dg.sensor(minimum_interval_seconds=_INTERVAL_S, default_status=_RUNNING)
def run_outcomes(context: dg.SensorEvaluationContext, postgis: Postgis) -> dg.SensorResult:
    """Opens an incident for each cause of failed runs, closes it when what failed has been done after all."""

    def tell() -> tuple[str, str]:
        cursor, read = tell_runs(
            context.instance, postgis.engine, load_alarm_settings(), context.cursor, datetime.now(UTC)
        )
        return cursor, f"{read} finished runs read"

    return _tick(context, tell)


@dg.sensor(minimum_interval_seconds=_INTERVAL_S, default_status=_RUNNING)
def check_outcomes(context: dg.SensorEvaluationContext, postgis: Postgis) -> dg.SensorResult:
    """Opens an incident for each asset check that fails, closes it when the check passes."""
    repository = context.repository_def
    checks = list(repository.asset_checks_defs_by_key) if repository else []

    def tell() -> tuple[str, str]:
        cursor, read = tell_checks(
            context.instance,
            postgis.engine,
            load_alarm_settings(),
            checks,
            context.cursor,
            datetime.now(UTC),
        )
        return cursor, f"{read} new results of {len(checks)} checks"

    return _tick(context, tell)


@dg.sensor(minimum_interval_seconds=_OVERDUE_INTERVAL_S, default_status=_RUNNING)
def overdue_series(context: dg.SensorEvaluationContext, postgis: Postgis) -> dg.SensorResult:
    """Opens an incident for each series whose newest day is too long ago, closes it when it caught up."""

    def tell() -> tuple[None, str]:
        late = tell_overdue(postgis.engine, load_alarm_settings())
        return None, f"late: {', '.join(late)}" if late else "all series are on time"

    return _tick(context, tell)


@dg.sensor(minimum_interval_seconds=_INTERVAL_S, default_status=_RUNNING)
def send_alarms(context: dg.SensorEvaluationContext, postgis: Postgis) -> dg.SensorResult:
    """Sends the messages that wait; the watchdog does so as well, should this sensor not run."""

    def tell() -> tuple[None, str]:
        settings = load_alarm_settings()
        wanted = frozenset(settings.destinations())
        done = deliver(StoredOutbox(postgis.engine), channels_of(settings), wanted, datetime.now(UTC))
        told = f"{done.sent} sent, {done.failed} waiting, {done.abandoned} given up"
        return None, "; ".join([told, *done.reasons])

    return _tick(context, tell)


SENSORS = [run_outcomes, check_outcomes, overdue_series, send_alarms]
