"""Real runs and checks in a real Dagster instance become incidents, once, and end."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import sqlalchemy as sa
from dagster import AssetCheckKey, AssetKey, DagsterInstance

from sagui_pipelines.alarms import Severity, open_incidents
from sagui_pipelines.alarms.sensors import SENSORS, check_outcomes, run_outcomes
from sagui_pipelines.alarms.settings import AlarmSettings
from sagui_pipelines.alarms.tell_checks import tell_checks
from sagui_pipelines.alarms.tell_runs import tell_runs
from sagui_pipelines.asset_kit import reported_errors
from sagui_pipelines.errors import DatabaseUnavailable, SourceCorrupt
from sagui_pipelines.postgis.engine import create_engine
from sagui_pipelines.resources import Postgis
from tests.conftest import Database, free_port

pytestmark = pytest.mark.postgis

SETTINGS = AlarmSettings()
SOON = timedelta(minutes=1)
MAY = {
    "dagster/asset_partition_range_start": "2031-05-01",
    "dagster/asset_partition_range_end": "2031-05-09",
}


class Weather(dg.ConfigurableResource[None]):
    """What goes wrong."""

    file: str = ""
    bug: bool = False
    check: str = "passes"


@dg.asset(key=["hyfaa", "portal"])
def portal(context: dg.AssetExecutionContext, weather: Weather) -> None:
    """A file that may be corrupt."""
    with reported_errors(context):
        if weather.file:
            raise SourceCorrupt(weather.file, "ends after 812 of 1,095 days", "Produce it again.")


@dg.asset(deps=[portal])
def table(weather: Weather) -> None:
    """A table whose code may be wrong."""
    if weather.bug:
        raise ZeroDivisionError("division by zero")


@dg.asset_check(asset=table, blocking=True)
def holes(weather: Weather) -> dg.AssetCheckResult:
    """A check."""
    return dg.AssetCheckResult(
        passed=weather.check == "passes",
        severity=dg.AssetCheckSeverity.WARN if weather.check == "warns" else dg.AssetCheckSeverity.ERROR,
        description="7 of 1,000 cells are missing",
        metadata={"remedy": "Load the days again."},
    )


@dg.asset_check(asset=table, name="freshness")
def freshness() -> dg.AssetCheckResult:
    """Told of from the database."""
    return dg.AssetCheckResult(passed=False, description="late")


class World:
    """A Dagster instance and the database that alarms are kept in."""

    def __init__(self, instance: DagsterInstance, database: Database, engine: sa.Engine) -> None:
        self.instance = instance
        self.database, self.engine = database, engine
        self.runs_seen: str | None = None
        self.checks_seen: str | None = None

    def run(self, *, job: str = "daily", tags: dict[str, str] | None = None, **weather: Any) -> str:
        """Run everything once; its number."""
        definitions = dg.Definitions(
            assets=[portal, table],
            asset_checks=[holes, freshness],
            jobs=[dg.define_asset_job(job)],
            resources={"weather": Weather(**weather)},
        )
        done = definitions.resolve_job_def(job).execute_in_process(
            instance=self.instance, raise_on_error=False, tags=tags or {}
        )
        return done.run_id

    def tell(self) -> int:
        """One look at the runs; how many were read."""
        now = datetime.now(UTC) + SOON
        self.runs_seen, read = tell_runs(self.instance, self.engine, SETTINGS, self.runs_seen, now)
        return read

    def tell_checks(self) -> int:
        """One look at the checks; how many results were new."""
        keys = [AssetCheckKey(AssetKey("table"), name) for name in ("holes", "freshness")]
        self.checks_seen, read = tell_checks(
            self.instance, self.engine, SETTINGS, keys, self.checks_seen, datetime.now(UTC)
        )
        return read

    @property
    def messages(self) -> list[tuple[object, ...]]:
        """Messages written, in order."""
        return self.database.query(
            "SELECT m.kind, i.key FROM guyane.sagui_alarmmessage m JOIN guyane.sagui_incident i ON i.id = m.incident_id "
            "ORDER BY m.id"
        )


@pytest.fixture
def world(tmp_path: Path, database: Database, engine: sa.Engine) -> Iterator[World]:
    """A fresh world."""
    settings = {"run_retries": {"enabled": True}, "telemetry": {"enabled": False}}
    with DagsterInstance.ephemeral(str(tmp_path), settings=settings) as instance:
        yield World(instance, database, engine)


PORTAL = "failure/SourceCorrupt//data/portal_*.nc"


def test_a_failed_run_is_told_once_and_its_repair_once(world: World) -> None:
    run = world.run(file="/data/portal_20310502.nc")
    assert world.tell() == 1
    [incident] = open_incidents(world.engine)
    assert incident.key == PORTAL
    assert incident.severity is Severity.ERROR
    assert incident.title == "hyfaa/portal failed"
    assert incident.fact == "SourceCorrupt: ends after 812 of 1,095 days"
    assert world.database.query("SELECT remedy, link, runbook FROM guyane.sagui_incident") == [
        ("Produce it again.", f"runs/{run}", "a-step-is-red-in-dagster")
    ]
    for day in range(3, 6):
        world.run(file=f"/data/portal_2031050{day}.nc")
    assert world.tell() == 3
    assert world.messages == [("opened", PORTAL)]
    assert open_incidents(world.engine)[0].occurrences == 2, "counted once a look"
    world.run()
    world.tell()
    world.tell()
    assert world.messages == [("opened", PORTAL), ("closed", PORTAL)]


def test_a_restarted_daemon_repeats_nothing(world: World) -> None:
    world.run(file="/data/portal_20310502.nc")
    world.tell()
    world.runs_seen = None
    assert world.tell() == 1, "it reads the same run again"
    assert world.messages == [("opened", PORTAL)]


def test_a_failure_repaired_before_anybody_looked_is_silent(world: World) -> None:
    world.run(file="/data/portal_20310502.nc")
    world.run()
    assert world.tell() == 2
    assert world.messages == []


def test_a_bug_is_named_by_its_class_and_step(world: World) -> None:
    world.run(bug=True)
    world.tell()
    [incident] = open_incidents(world.engine)
    assert incident.key == "failure/ZeroDivisionError/table"
    assert incident.fact == "ZeroDivisionError: division by zero"


def test_a_run_that_dagster_repeats_is_not_told_unless_it_gives_up(world: World) -> None:
    run = world.run(bug=True, tags={"dagster/will_retry": "true"})
    world.instance.add_run_tags(run, {"dagster/will_retry": "true"})
    world.tell()
    assert world.messages == []
    world.instance.add_run_tags(run, {"dagster/will_retry": "false"})
    world.tell()
    world.tell()
    assert world.messages == [("opened", "failure/ZeroDivisionError/table")]


def test_a_run_that_died_is_told_as_its_job(world: World) -> None:
    definitions = dg.Definitions(
        assets=[portal], resources={"weather": Weather()}, jobs=[dg.define_asset_job("daily")]
    )
    run = world.instance.create_run_for_job(definitions.resolve_job_def("daily"))
    world.instance.report_run_failed(run, "Run worker process 4711 died")
    world.tell()
    [incident] = open_incidents(world.engine)
    assert incident.key == "failure/run/daily"
    assert incident.title == "Job daily failed"
    assert "process 4711 died" in incident.fact
    world.run()
    world.tell()
    assert [kind for kind, _ in world.messages] == ["opened", "closed"]


def test_the_repair_must_cover_the_failed_days(world: World) -> None:
    world.run(file="/data/portal.nc", tags=MAY)
    world.tell()
    assert open_incidents(world.engine)[0].subjects == ("hyfaa__portal 2031-05-01..2031-05-09",)
    world.run(tags={"dagster/partition": "2031-05-09"})
    world.tell()
    assert open_incidents(world.engine)[0].subjects == ("hyfaa__portal 2031-05-01..2031-05-08",)
    world.run(job="another_job", tags=MAY)
    world.tell()
    assert open_incidents(world.engine) == []


def test_without_the_database_nothing_is_lost(world: World) -> None:
    nobody = create_engine(f"postgresql://nobody:x@127.0.0.1:{free_port()}/none")
    world.run(bug=True)
    with pytest.raises(DatabaseUnavailable):
        tell_runs(world.instance, nobody, SETTINGS, None, datetime.now(UTC) + SOON)
    world.tell()
    assert len(world.messages) == 1


def test_more_runs_than_one_look_takes(world: World) -> None:
    job = dg.Definitions(
        assets=[portal], resources={"weather": Weather()}, jobs=[dg.define_asset_job("daily")]
    ).resolve_job_def("daily")
    for _ in range(230):
        world.instance.report_run_failed(world.instance.create_run_for_job(job), "Run worker died")
    read = [world.tell() for _ in range(5)]
    assert sum(read) == 230
    assert read[-1] == 0
    assert world.messages == [("opened", "failure/run/daily")]


def test_a_failed_check_is_told_by_its_severity_and_not_as_a_failed_run(world: World) -> None:
    key = "check/table/holes"
    world.run(check="warns")
    assert world.tell_checks() == 1
    [incident] = open_incidents(world.engine)
    assert (incident.key, incident.severity) == (key, Severity.WARNING)
    assert incident.fact == "7 of 1,000 cells are missing"
    assert world.database.query("SELECT remedy FROM guyane.sagui_incident") == [("Load the days again.",)]
    world.run(check="fails")
    assert (world.tell_checks(), world.tell_checks()) == (1, 0)
    world.tell()
    assert world.messages == [("opened", key), ("worsened", key)]
    world.run()
    world.tell_checks()
    world.tell()
    assert world.messages == [("opened", key), ("worsened", key), ("closed", key)]


@pytest.mark.parametrize("sensor", SENSORS, ids=[sensor.name for sensor in SENSORS])
def test_sensors_wait_for_a_silent_database(world: World, sensor: dg.SensorDefinition) -> None:
    world.run(check="warns")
    nobody = Postgis(url=f"postgresql://nobody:x@127.0.0.1:{free_port()}/none")
    context = dg.build_sensor_context(
        instance=world.instance,
        cursor=None,
        definitions=dg.Definitions(
            assets=[portal, table],
            asset_checks=[holes, freshness],
            resources={"weather": Weather(), "postgis": nobody},
        ),
    )
    result = sensor(context, postgis=nobody)
    assert isinstance(result, dg.SensorResult)
    told = (
        "0 finished runs read" if sensor is run_outcomes else "make status"
    )  # a run settles for a moment first
    assert told in str(result.skip_reason)
    assert not result.run_requests


def test_sensors_tell_through_the_daemons_own_door(world: World) -> None:
    world.run(check="fails")
    resource = Postgis(url=world.database.url())
    definitions = dg.Definitions(
        assets=[portal, table],
        asset_checks=[holes, freshness],
        sensors=SENSORS,
        resources={"weather": Weather(), "postgis": resource},
    )
    context = dg.build_sensor_context(instance=world.instance, definitions=definitions)
    result = check_outcomes(context, postgis=resource)
    assert isinstance(result, dg.SensorResult)
    assert result.skip_reason is not None
    assert "1 new results of 2 checks" in str(result.skip_reason)
    assert world.messages == [("opened", "check/table/holes")]
