"""Health check of Dagster's code server: `python -m tools.compose.code_server_health`."""

from __future__ import annotations

import sys

from grpc import RpcError, insecure_channel
from grpc_health.v1 import health_pb2, health_pb2_grpc

_PORT, _TIMEOUT_S = 4000, 10


def problem() -> str:
    """What is wrong with the code server of this container; empty when it serves."""
    with insecure_channel(f"127.0.0.1:{_PORT}") as channel:
        try:
            answer = health_pb2_grpc.HealthStub(channel).Check(
                health_pb2.HealthCheckRequest(service="DagsterApi"), timeout=_TIMEOUT_S
            )
        except RpcError:
            return "the code server does not answer"
    return "" if answer.status == health_pb2.HealthCheckResponse.SERVING else "the code server does not serve"


if __name__ == "__main__":
    sys.exit(problem() or None)
