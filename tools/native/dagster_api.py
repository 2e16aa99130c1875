"""Asking a running Dagster, as its own UI does."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import requests

LOCATION = "sagui"
_REPOSITORY = "__repository__"
_RUN_FINISHED = ("SUCCESS", "FAILURE", "CANCELED")
_FINISHED = ("COMPLETED_SUCCESS", "COMPLETED_FAILED", "COMPLETED", "FAILED", "CANCELED")


class DagsterRefused(RuntimeError):
    """Dagster did not do what it was asked for; the message is its own."""


class DagsterApi:
    """A Dagster webserver.

    Args:
        webserver: its address.
    """

    def __init__(self, webserver: str) -> None:
        self._url = f"{webserver}/graphql"

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """Answer to a query or mutation.

        Raises:
            DagsterRefused: Dagster answered with an error.
        """
        answer = requests.post(self._url, json={"query": query, "variables": variables}, timeout=60).json()
        if "errors" in answer:
            raise DagsterRefused(str(answer["errors"]))
        return dict(answer["data"])

    def launch(self, job: str, tags: dict[str, str] | None = None) -> str:
        """Put a run of a job into the queue; returns its identity."""
        params = {
            "selector": {
                "repositoryLocationName": LOCATION,
                "repositoryName": _REPOSITORY,
                "jobName": job,
            },
            "mode": "default",
            "executionMetadata": {
                "tags": [{"key": key, "value": value} for key, value in (tags or {}).items()]
            },
        }
        answer = self.ask(
            """mutation Launch($params: ExecutionParams!) { launchPipelineExecution(executionParams: $params) {
                __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }""",
            params=params,
        )["launchPipelineExecution"]
        if answer["__typename"] != "LaunchRunSuccess":
            raise DagsterRefused(f"{job}: {answer.get('message', answer['__typename'])}")
        return str(answer["run"]["runId"])

    def backfill(self, asset: Sequence[str], partitions: Sequence[str]) -> str:
        """Ask for partitions of an asset, as the button of the UI does; returns the backfill's identity."""
        answer = self.ask(
            """mutation Backfill($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) {
                __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }""",
            params={"assetSelection": [{"path": list(asset)}], "partitionNames": list(partitions)},
        )["launchPartitionBackfill"]
        if answer["__typename"] != "LaunchBackfillSuccess":
            raise DagsterRefused(str(answer.get("message", answer["__typename"])))
        return str(answer["backfillId"])

    def wait_for_backfill(self, backfill: str, timeout_s: float) -> list[dict[str, Any]]:
        """Runs of a backfill once it has ended.

        Raises:
            DagsterRefused: it did not end in time, or not well.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            found = self.ask(
                """query Wait($id: String!) { partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill {
                    status runs { id status startTime endTime jobName } } } }""",
                id=backfill,
            )["partitionBackfillOrError"]
            if found["status"] in _FINISHED:
                if found["status"] not in ("COMPLETED_SUCCESS", "COMPLETED"):
                    raise DagsterRefused(f"backfill {backfill}: {found['status']}")
                return list(found["runs"])
            if time.monotonic() > deadline:
                raise DagsterRefused(
                    f"backfill {backfill} is still {found['status']} after {timeout_s:.0f} s"
                )
            time.sleep(0.5)

    def wait_for_run(self, run: str, timeout_s: float) -> str:
        """Status of a run once it has ended.

        Raises:
            DagsterRefused: it did not end in time.
        """
        deadline = time.monotonic() + timeout_s
        query = "query Run($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"
        while (status := self.ask(query, id=run)["runOrError"]["status"]) not in _RUN_FINISHED:
            if time.monotonic() > deadline:
                raise DagsterRefused(f"run {run} is still {status} after {timeout_s:.0f} s")
            time.sleep(0.5)
        return str(status)

    def switch_sensor(self, name: str, *, on: bool) -> None:
        """Switch a sensor on or off."""
        selector = {
            "repositoryLocationName": LOCATION,
            "repositoryName": _REPOSITORY,
            "sensorName": name,
        }
        if on:
            self.ask(
                "mutation On($s: SensorSelector!) { startSensor(sensorSelector: $s) { __typename } }",
                s=selector,
            )
            return
        state = self.ask(
            """query State($s: SensorSelector!) { sensorOrError(sensorSelector: $s) { ... on Sensor {
                sensorState { id } } } }""",
            s=selector,
        )["sensorOrError"]["sensorState"]["id"]
        self.ask("mutation Off($id: String!) { stopSensor(id: $id) { __typename } }", id=state)
