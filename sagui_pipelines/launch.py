"""Bringing the platform up to date through a running Dagster: starts the first jobs, follows what they set off.

`python -m sagui_pipelines.launch --webserver http://localhost:3000`

Geography and HYFAA's steps are started here. Loads and publication are started by the sensors, as on any other day;
this command waits until they have nothing more to do.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any
from urllib.parse import urlparse

from dagster_graphql import DagsterGraphQLClient, DagsterGraphQLClientError

from sagui_pipelines.errors import SaguiError
from sagui_pipelines.settings import Runner, load_settings

LOCATION = "sagui"
FIRST_JOBS = ("geography", "daily")
SENSORS = ("load_due", "publish_due")

_POLL_S = 0.5
_SILENCE_S = 180
_PATIENCE_S = 60
_FINISHED = {"SUCCESS", "FAILURE", "CANCELED"}
_STATE = """
query State($since: Float!) {
  runsOrError(filter: {createdAfter: $since}) {
    ... on Runs { results { runId jobName status startTime endTime } }
  }
  sensorsOrError(repositorySelector: {repositoryName: "__repository__", repositoryLocationName: "sagui"}) {
    ... on Sensors { results { name sensorState { status ticks(limit: 1) { timestamp status } } } }
    ... on PythonError { message }
  }
}
"""
_FAILED_STEPS = """
query FailedSteps($runId: ID!) {
  logsForRun(runId: $runId) {
    ... on EventConnection {
      events {
        ... on ExecutionStepFailureEvent {
          stepKey
          error { message causes { message } }
          failureMetadata { description }
        }
        ... on RunFailureEvent { message error { message } }
      }
    }
  }
}
"""


class LaunchFailed(SaguiError):
    """The platform cannot be brought up to date: Dagster does not do its part."""


class Launcher:
    """Submits jobs to a Dagster webserver and follows all runs that come after.

    Attributes:
        runs: newest run of each job since the start, by job.
        failures: messages of the failed steps of these runs, by job.
    """

    def __init__(self, webserver: str) -> None:
        address = urlparse(webserver)
        if not address.hostname:
            raise SystemExit(f"--webserver {webserver}: is not an address. Give it as http://host:port.")
        self._webserver = webserver
        self._client = DagsterGraphQLClient(
            address.hostname, port_number=address.port, use_https=address.scheme == "https"
        )
        self._since = time.time()
        self._told: dict[str, str] = {}
        self._submitted: set[str] = set()
        self.runs: dict[str, str] = {}
        self.failures: dict[str, list[str]] = {}

    def submit(self, job: str) -> None:
        """Put a run of a job into the queue."""
        run_id = self._client.submit_job_execution(job, repository_location_name=LOCATION)
        self._submitted.add(run_id)
        self._told[run_id] = "QUEUED"
        say(f"{job}: run {run_id[:8]} submitted")

    def follow(self) -> None:
        """Wait until no run is under way and every sensor has looked since and asked for nothing.

        Raises:
            LaunchFailed: a sensor is switched off, or the daemon does not look at it any more.
        """
        quiet_since = answered = time.time()
        while True:
            time.sleep(_POLL_S)
            try:
                state = self._client._execute(_STATE, {"since": self._since})
            except DagsterGraphQLClientError:
                # A busy machine, or a service that is just restarted.
                if time.time() - answered > _PATIENCE_S:
                    raise
                continue
            answered = time.time()
            if self._tell(state["runsOrError"]["results"]):
                quiet_since = time.time()
            elif _all_looked(state["sensorsOrError"].get("results", []), quiet_since):
                return
            elif time.time() - quiet_since > _SILENCE_S:
                raise LaunchFailed(
                    self._webserver,
                    f"the sensors {', '.join(SENSORS)} have not been looked at for {_SILENCE_S} s",
                    "Start the Dagster daemon (`make status` shows it), then run the command again.",
                )

    def _tell(self, runs: list[dict[str, Any]]) -> bool:
        """Tell what became of the runs since the last look; true while any is under way."""
        known = {run["runId"] for run in runs}
        for run in reversed(runs):
            run_id, job, status = run["runId"], run["jobName"], run["status"]
            before = self._told.get(run_id)
            if before is None:
                say(f"{job}: run {run_id[:8]} started by Dagster")
            if before != status and status in _FINISHED:
                seconds = (run["endTime"] or 0) - (run["startTime"] or run["endTime"] or 0)
                say(f"{job}: {status.lower()} after {seconds:.0f} s")
                self._settle(job, run_id, status)
            self._told[run_id] = status
        return not self._submitted <= known or any(run["status"] not in _FINISHED for run in runs)

    def _settle(self, job: str, run_id: str, status: str) -> None:
        self.runs[job] = run_id
        self.failures[job] = []
        if status != "SUCCESS":
            self.failures[job] = self._failed_steps(run_id) or [f"{job}: {status}"]
            for failure in self.failures[job]:
                say(f"  {failure}")

    def _failed_steps(self, run_id: str) -> list[str]:
        answer = self._client._execute(_FAILED_STEPS, {"runId": run_id})
        failures = []
        for event in answer["logsForRun"]["events"]:
            if event.get("stepKey"):
                description = (event.get("failureMetadata") or {}).get("description")
                message = description or (event.get("error") or {}).get("message", "").strip()
                failures.append(f"{event['stepKey']}: {message}")
            elif event.get("error") and not failures:
                failures.append(str(event["error"]["message"]).strip())
        return failures


def _all_looked(sensors: list[dict[str, Any]], since: float) -> bool:
    """True when each of our sensors was evaluated after a time [s since 1970] and asked for nothing."""
    states = {sensor["name"]: sensor["sensorState"] for sensor in sensors if sensor["name"] in SENSORS}
    for name, state in states.items():
        if state["status"] != "RUNNING":
            raise LaunchFailed(
                f"sensor {name}", "is switched off", "Switch it on in the Dagster UI, under Automation."
            )
    ticks = [tick for state in states.values() for tick in state["ticks"]]
    return len(ticks) == len(SENSORS) and all(
        tick["status"] == "SKIPPED" and tick["timestamp"] > since for tick in ticks
    )


def say(text: str) -> None:
    """One line of progress."""
    print(text, flush=True)


def bring_up_to_date(launcher: Launcher) -> None:
    """Start the first jobs and wait for everything that follows from them; a failed one does not stop the others."""
    for job in FIRST_JOBS:
        launcher.submit(job)
    launcher.follow()


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns 1 when a run failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--webserver", default="http://localhost:3000", help="address of the Dagster webserver"
    )
    options = parser.parse_args(arguments)
    launcher = Launcher(options.webserver)
    try:
        bring_up_to_date(launcher)
    except (SaguiError, DagsterGraphQLClientError) as error:
        say(f"{type(error).__name__}: {error}")
        return 1
    return _summary(launcher, delivered_from_outside=load_settings().hyfaa_runner is Runner.NONE)


def _summary(launcher: Launcher, *, delivered_from_outside: bool) -> int:
    """Tell how it went. A file that nobody delivered is no failure of the platform: it is named, and the rest runs."""
    failed = {job: failures for job, failures in launcher.failures.items() if failures}
    told = [failure for failures in failed.values() for failure in failures]
    absent = [text for text in told if "SourceMissing: " in text]
    if told and not (delivered_from_outside and absent == told):
        say(f"Not everything was loaded. Failed: {', '.join(failed)} (of {len(launcher.runs)} jobs).")
        return 1
    if absent:
        say("Loaded what was delivered. Not delivered:")
        for failure in absent:
            say(f"  {failure}")
        return 0
    say(f"all {len(launcher.runs)} jobs succeeded")
    return 0


if __name__ == "__main__":
    sys.exit(main())
