"""What runs by the clock. Hours are local, days are UTC."""

from datetime import UTC

import dagster as dg

from sagui_pipelines.alarms.settings import load_alarm_settings
from sagui_pipelines.jobs import CONSISTENCY, DAILY, HEALTH, MAINTENANCE
from sagui_pipelines.nights import DAY_TAG
from sagui_pipelines.settings import Runner, load_settings

_settings = load_settings()


# Files that arrive from elsewhere have no hour: a sensor looks for them.
@dg.schedule(
    name=DAILY,
    job_name=DAILY,
    cron_schedule=f"0 {_settings.daily_hour} * * *",
    execution_timezone=_settings.timezone,
    default_status=(
        dg.DefaultScheduleStatus.STOPPED
        if _settings.hyfaa_runner is Runner.NONE
        else dg.DefaultScheduleStatus.RUNNING
    ),
    description="The model's night: rain of yesterday (UTC), satellite levels, flow up to today, ten days of forecast. "
    "After a downtime the newest hour missed runs once.",
)
def daily(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """One run a UTC day, whatever happens to the daemon in between."""
    day = context.scheduled_execution_time.astimezone(UTC).date().isoformat()
    return dg.RunRequest(run_key=f"{DAILY}-{day}", tags={DAY_TAG: day})


def _clocked(job: str, cron: str, description: str, zone: str = _settings.timezone) -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        name=job,
        job_name=job,
        cron_schedule=cron,
        execution_timezone=zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=description,
    )


SCHEDULES = [
    daily,
    _clocked(
        CONSISTENCY,
        "0 12 * * 0",
        "Tables against files, once a week, when nobody waits for the night's data.",
    ),
    _clocked(MAINTENANCE, "30 3 * * *", "Dagster's own storage, before the daily run."),
    _clocked(
        HEALTH,
        f"10 {load_alarm_settings().deadline_hour} * * *",
        "Freshness of every series, ten minutes after yesterday's data are due.",
        "UTC",
    ),
]
