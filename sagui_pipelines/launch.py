"""Bringing the platform up to date through a running Dagster: submits each job, waits, tells what happened.

`python -m sagui_pipelines.launch --webserver http://localhost:3000`
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import urlparse

from dagster import DagsterRunStatus
from dagster_graphql import DagsterGraphQLClient, DagsterGraphQLClientError

from sagui_pipelines.due import find_due
from sagui_pipelines.errors import SaguiError
from sagui_pipelines.flow.series import table_name
from sagui_pipelines.hyfaa.solutions import Solution
from sagui_pipelines.postgis.engine import create_engine
from sagui_pipelines.rainfall.load import TABLE as RAIN_TABLE
from sagui_pipelines.settings import Runner, load_settings

LOCATION = "sagui"
JOB_OF_TABLE = {
    "flow_mgbstandard": table_name(Solution.MGBSTANDARD),
    "flow_assimilated": table_name(Solution.ASSIMILATED),
    "rainfall": RAIN_TABLE,
}
_POLL_S = 0.5
_FINISHED = {DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED}
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


@dataclass
class Submission:
    """One run under way.

    Attributes:
        job: name of the job.
        run_id: Dagster's run id.
        started: monotonic time of the submission [s].
        failures: messages of failed steps, filled when the run has ended.
    """

    job: str
    run_id: str
    started: float
    failures: list[str] = field(default_factory=list)


class Launcher:
    """Submits jobs to a Dagster webserver and follows them."""

    def __init__(self, webserver: str) -> None:
        address = urlparse(webserver)
        if not address.hostname:
            raise SystemExit(f"--webserver {webserver}: is not an address. Give it as http://host:port.")
        self._client = DagsterGraphQLClient(
            address.hostname, port_number=address.port, use_https=address.scheme == "https"
        )
        self.submissions: list[Submission] = []
        self.problems: list[str] = []

    def submit(self, job: str, tags: dict[str, str] | None = None) -> Submission:
        """Put a run of a job into the queue."""
        run_id = self._client.submit_job_execution(job, repository_location_name=LOCATION, tags=tags)
        submission = Submission(job, run_id, time.monotonic())
        self.submissions.append(submission)
        say(f"{job}: run {run_id[:8]} submitted")
        return submission

    def wait(self, *submissions: Submission) -> None:
        """Wait until runs have ended; failed steps are told at once."""
        waiting = list(submissions)
        while waiting:
            time.sleep(_POLL_S)
            for submission in list(waiting):
                status = self._client.get_run_status(submission.run_id)
                if status not in _FINISHED:
                    continue
                waiting.remove(submission)
                seconds = time.monotonic() - submission.started
                say(f"{submission.job}: {status.value.lower()} after {seconds:.0f} s")
                if status is not DagsterRunStatus.SUCCESS:
                    submission.failures = self._failures(submission.run_id) or [
                        f"{submission.job}: {status.value}"
                    ]
                    for failure in submission.failures:
                        say(f"  {failure}")

    def _failures(self, run_id: str) -> list[str]:
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


def say(text: str) -> None:
    """One line of progress."""
    print(text, flush=True)


def range_tags(first: date, last: date) -> dict[str, str]:
    """Tags of one run over all partitions from first to last."""
    return {
        "dagster/asset_partition_range_start": first.isoformat(),
        "dagster/asset_partition_range_end": last.isoformat(),
    }


def bring_up_to_date(launcher: Launcher) -> None:
    """Run every job in the order of the data's way from rain to tile; a failed one does not stop the others."""
    settings = load_settings()
    geography = launcher.submit("geography")
    launcher.wait(launcher.submit("forcing"))
    launcher.wait(launcher.submit("model"), geography)

    due = find_due(
        create_engine(settings.require_database_url()),
        snapshot_dir=settings.snapshot_dir,
        workdir=settings.workdir,
        not_before=settings.history_start,
    )
    for problem in due.problems:
        launcher.problems.append(f"{type(problem).__name__}: {problem}")
        say(f"  not loaded: {launcher.problems[-1]}")
    loads = []
    for job, table in JOB_OF_TABLE.items():
        days = due.days.get(table)
        if days is None:
            say(f"{job}: nothing is due")
            continue
        first, last = days[0].item(), days[-1].item()
        say(f"{job}: {days.size} days due, {first} to {last}")
        loads.append(launcher.submit(job, range_tags(first, last)))
    if due.forecast_issue is not None:
        loads.append(launcher.submit("forecast", {"dagster/partition": due.forecast_issue.isoformat()}))
    launcher.wait(*loads)
    launcher.wait(launcher.submit("publication"))


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
    failed = [run for run in launcher.submissions if run.failures]
    told = [*launcher.problems, *(failure for run in failed for failure in run.failures)]
    absent = [text for text in told if "SourceMissing: " in text]
    if told and not (delivered_from_outside and absent == told):
        jobs = ", ".join(run.job for run in failed) or "none"
        say(f"Not everything was loaded. Failed runs: {jobs} (of {len(launcher.submissions)}).")
        return 1
    if absent:
        say("Loaded what was delivered. Not delivered:")
        for failure in absent:
            say(f"  {failure}")
        return 0
    say(f"all {len(launcher.submissions)} runs succeeded")
    return 0


if __name__ == "__main__":
    sys.exit(main())
