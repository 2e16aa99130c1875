"""Is a service up? Each check returns None when it is, else one clause that says what is missing."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import requests
from grpc import RpcError, insecure_channel  # type: ignore[import-untyped]
from grpc_health.v1 import health_pb2, health_pb2_grpc  # type: ignore[import-untyped]

Check = Callable[[], str | None]
_TIMEOUT_S = 5


def http(url: str, expected: int = 200) -> Check:
    """The address answers a GET with the expected status."""

    def check() -> str | None:
        try:
            answer = requests.get(url, timeout=_TIMEOUT_S, allow_redirects=False)
        except requests.RequestException as error:
            return f"{url} does not answer ({type(error).__name__})"
        return None if answer.status_code == expected else f"{url} answers {answer.status_code}"

    return check


def grpc(port: int) -> Check:
    """Dagster's code server says that it serves."""

    def check() -> str | None:
        with insecure_channel(f"127.0.0.1:{port}") as channel:
            try:
                answer = health_pb2_grpc.HealthStub(channel).Check(
                    health_pb2.HealthCheckRequest(service="DagsterApi"), timeout=_TIMEOUT_S
                )
            except RpcError:
                return f"no code server on port {port}"
        return None if answer.status == health_pb2.HealthCheckResponse.SERVING else "code server not serving"

    return check


def code_location(webserver: str, name: str) -> Check:
    """The webserver answers and has loaded the code location."""
    query = """{ workspaceOrError { ... on Workspace { locationEntries { name loadStatus
        locationOrLoadError { __typename ... on PythonError { message } } } } } }"""

    def check() -> str | None:
        answer = _graphql(webserver, query)
        if isinstance(answer, str):
            return answer
        entries = answer.get("workspaceOrError", {}).get("locationEntries", [])
        entry = next((entry for entry in entries if entry["name"] == name), None)
        if entry is None or entry["loadStatus"] != "LOADED":
            return f"code location {name} is not loaded yet"
        found = entry["locationOrLoadError"]
        return found["message"].strip() if found["__typename"] == "PythonError" else None

    return check


def daemons(webserver: str, since: float) -> Check:
    """Every daemon that Dagster requires has sent a heartbeat since a time [s since 1970]."""
    query = """{ instance { daemonHealth { allDaemonStatuses {
        daemonType required healthy lastHeartbeatTime } } } }"""

    def check() -> str | None:
        answer = _graphql(webserver, query)
        if isinstance(answer, str):
            return answer
        late = [
            status["daemonType"]
            for status in answer["instance"]["daemonHealth"]["allDaemonStatuses"]
            if status["required"] and not (status["healthy"] and (status["lastHeartbeatTime"] or 0) >= since)
        ]
        return f"no heartbeat from: {', '.join(late)}" if late else None

    return check


def wait(check: Check, still_running: Check, timeout_s: float) -> str | None:
    """Repeat a check until it passes; None, or the reason when the service ended or the time is over."""
    deadline = time.monotonic() + timeout_s
    pause_s = 0.05
    while (problem := check()) is not None:
        ended = still_running()
        if ended:
            return ended
        if time.monotonic() > deadline:
            return f"{problem} after {timeout_s:.0f} s"
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.5, 0.5)
    return None


def _graphql(webserver: str, query: str) -> dict[str, Any] | str:
    try:
        answer = requests.post(f"{webserver}/graphql", json={"query": query}, timeout=30)
        data = answer.json()["data"]
    except (requests.RequestException, ValueError, KeyError) as error:
        return f"{webserver}/graphql does not answer ({type(error).__name__})"
    return data if isinstance(data, dict) else f"{webserver}/graphql answers with an error"
