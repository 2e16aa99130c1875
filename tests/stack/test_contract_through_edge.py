"""Each endpoint of the contract through the cache: status, type, keys in order, headers."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
import requests

from tools.native.stack import Stack

pytestmark = pytest.mark.stack

ENTRY = ["id", "alert_code", "description", "histogram", "attributes"]
LIST = ["count", "next", "previous", "results"]
RECORD = ["id", "minibasin", "city", "river", "unit", "data"]
JSON = "application/json"
# Path below /api/v1/: keys of the answer, or of its first entry, that existing consumers know, in their order.
ANSWERS = {
    "": ["dashboard", "flow-previ-stations-list", "flow-alerts-stations-list", "atmo-alerts-rasters", "swagger-ui",
         "openapi-schema"],
    "dashboard": ENTRY, "dashboard.json": ENTRY, "flow_previ/stations": LIST, "flow_previ/stations.json": LIST,
    "flow_alerts/stations": LIST, "flow_alerts/stations.json": LIST, "flow_previ/stations/1/data": RECORD,
    "flow_previ/stations/1/data.json": RECORD, "flow_alerts/stations/1/data": [*RECORD, "thresholds"],
    "flow_alerts/stations/1/data.json": [*RECORD, "thresholds"],
    "atmo/files": ["count", "description", "classes", "legend", "extent", "results"],
    "atmo/classes.json": ["label", "label_fr", "label_en", "label_pt", "bounds_min", "bounds_max", "legend_label",
                          "alert_code", "color"],
    "rain_alerts/basins": ["date", "results"],
}  # fmt: skip
TABLES = {
    "flow_previ/stations/1/data.csv": ["source", "date", "flow", "flow_mad"],
    "atmo/classes.csv": [
        "alert_code", "bounds_max", "bounds_min", "color", "label", "label_en", "label_fr", "label_pt", "legend_label",
    ],
}  # fmt: skip
ERRORS = {
    "flow_alerts/stations/99/data.json": 404, "flow_previ/stations/1/data.json?duration=x": 400,
    "flow_previ/stations?page=99": 404, "flow_previ/stations/": 404, "dashboard.csv": 404, "nothing": 404,
}  # fmt: skip
_CACHE_CONTROL = re.compile(r"[a-z-]+(=\d+)?(, [a-z-]+(=\d+)?)*")


def ask(stack: Stack, path: str, **headers: str) -> requests.Response:
    """An answer of the API through the cache."""
    return requests.get(f"{stack.layout.url('edge')}/api/v1/{path}", headers=headers, timeout=30)


@pytest.mark.parametrize("path", ANSWERS)
def test_answers_have_the_keys_of_the_contract(stack: Stack, path: str) -> None:
    answer = ask(stack, path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, JSON)
    body: Any = answer.json()
    first = body[0] if isinstance(body, list) else body
    known = ANSWERS[path]
    assert list(first)[: len(known)] == known
    assert answer.headers["Served-By"] == "api"
    assert answer.headers["V-Cache"] in {"HIT", "MISS"}
    assert "xkey" not in answer.headers
    assert "Access-Control-Allow-Origin" not in answer.headers
    again = ask(stack, path, **{"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", TABLES)
def test_tables_have_the_columns_of_the_contract(stack: Stack, path: str) -> None:
    answer = ask(stack, path)
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (200, "text/csv")
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert rows[0] == TABLES[path]
    assert len(rows) > 5


@pytest.mark.parametrize("path", ERRORS)
def test_errors_are_json_and_not_kept(stack: Stack, path: str) -> None:
    answer = ask(stack, path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (ERRORS[path], JSON)
    assert list(answer.json())[:3] == ["detail", "title", "status"]


@pytest.mark.parametrize(
    "path", ["/api/v1/dashboard", "/api/v1/atmo/files", "/dashboards/", "/admin/login/", "/api/health/live"]
)
def test_fault_108_cache_control_is_well_formed(stack: Stack, path: str) -> None:
    answer = requests.get(stack.layout.url("edge") + path, timeout=30)
    assert answer.status_code == 200
    assert _CACHE_CONTROL.fullmatch(answer.headers["Cache-Control"])
    private = path.startswith("/admin/") or "health" in path
    assert ("no-store" in answer.headers["Cache-Control"]) == private


@pytest.mark.parametrize(
    ("path", "status", "target"),
    [("/api/v1", 301, "/api/v1/"), ("/api/", 302, "/api/schema/swagger-ui/"), ("/api", 301, "/api/")],
)
def test_redirects(stack: Stack, path: str, status: int, target: str) -> None:
    answer = requests.get(stack.layout.url("edge") + path, allow_redirects=False, timeout=30)
    assert (answer.status_code, answer.headers["Location"]) == (status, target)


@pytest.mark.parametrize(
    "path",
    ["/dashboards/", "/dashboards/flow/", "/api/schema/", "/api/schema/swagger-ui/", "/api/schema.json"],
)
def test_pages_and_schema_are_there(stack: Stack, path: str) -> None:
    assert requests.get(stack.layout.url("edge") + path, timeout=30).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_only_reading_is_allowed(stack: Stack, method: str) -> None:
    answer = requests.request(method, f"{stack.layout.url('edge')}/api/v1/dashboard", timeout=30)
    assert answer.status_code == 405
