"""What makes a run start without a clock: an administrator's edit republishes the layers."""

from importlib.resources import files

import dagster as dg

from sagui_pipelines.errors import DatabaseUnavailable, SchemaOutdated
from sagui_pipelines.postgis.engine import transaction
from sagui_pipelines.resources import Postgis

# The least the daemon can do: its loop runs every five seconds.
_INTERVAL_S = 5


@dg.sensor(
    job_name="publication",
    minimum_interval_seconds=_INTERVAL_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def configuration_changes(context: dg.SensorEvaluationContext, postgis: Postgis) -> dg.SensorResult:
    """An edited station, threshold, mask, dataset or minimum order renews the layers and tells the cache."""
    statement = files("sagui_pipelines.publication").joinpath("sql/newest_change.sql").read_text()
    try:
        with transaction(postgis.engine) as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            row = cursor.fetchone()
    except (DatabaseUnavailable, SchemaOutdated) as error:
        return dg.SensorResult(skip_reason=str(error))
    newest = int(row[0]) if row else 0
    seen = int(context.cursor or 0)
    if newest <= seen:
        return dg.SensorResult(skip_reason=f"no edit since number {seen}", cursor=str(seen))
    return dg.SensorResult([dg.RunRequest(run_key=f"edit-{newest}")], cursor=str(newest))


SENSORS = [configuration_changes]
