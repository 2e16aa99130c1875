"""Addresses, formats, errors, headers and the schema."""

from __future__ import annotations

import io

import psycopg2
import pytest
import yaml
from api_world import Api, World
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.db import OperationalError

pytestmark = pytest.mark.postgis

ENDPOINTS = (
    "dashboard", "flow_previ/stations", "flow_alerts/stations", "flow_previ/stations/1/data",
    "flow_alerts/stations/1/data", "rain_alerts/basins", "atmo/files", "atmo/classes",
)  # fmt: skip
HOST = "http://testserver"


@pytest.fixture(autouse=True)
def _one_station(world: World) -> None:
    world.station(1)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_every_endpoint_has_its_plain_and_json_addresses(api: Api, endpoint: str) -> None:
    plain = api.get(f"/api/v1/{endpoint}")
    assert (plain.status_code, plain["Content-Type"]) == (200, "application/json")
    for address in (f"{endpoint}.json", f"{endpoint}.json/", f"{endpoint}?format=json"):
        response = api.get(f"/api/v1/{address}")
        assert (response.status_code, response["Content-Type"]) == (200, "application/json")


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_fault_89_formats_that_are_not_offered_are_404_json(api: Api, endpoint: str) -> None:
    refused = [f"{endpoint}/", f"{endpoint}.html", f"{endpoint}.xml", f"{endpoint}?format=xml"]
    if endpoint not in {"flow_previ/stations/1/data", "atmo/classes"}:
        refused += [f"{endpoint}.csv", f"{endpoint}?format=csv"]
    for address in refused:
        response = api.get(f"/api/v1/{address}")
        assert (response.status_code, response["Content-Type"]) == (404, "application/json"), address
        assert response.json()["detail"]


@pytest.mark.parametrize(
    "path", ["/api/v1/nothing", "/api/v1/flow_previ/stations/abc/data", "/api/v2/", "/api/x.json"]
)
def test_fault_93_unknown_addresses_are_json(api: Api, path: str) -> None:
    response = api.get(path, HTTP_ACCEPT="text/html", HTTP_ACCEPT_LANGUAGE="fr")
    assert (response.status_code, response["Content-Type"]) == (404, "application/json")
    assert list(response.json()) == ["detail", "title", "status"]


def test_fault_93_messages_do_not_depend_on_the_reader(api: Api) -> None:
    answers = {
        api.get("/api/v1/flow_previ/stations?page=9", HTTP_ACCEPT_LANGUAGE=language).content
        for language in ("fr", "en", "pt-br")
    }
    assert answers == {b'{"detail": "Invalid page.", "title": "Not Found", "status": 404}'}


def test_fault_93_unknown_host_is_json(api: Api) -> None:
    response = api.get("/api/v1/dashboard", HTTP_HOST="elsewhere.example")
    assert (response.status_code, next(iter(response.json()))) == (400, "detail")


def test_fault_85_unforeseen_errors_are_json_and_logged(
    api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise RuntimeError("cause 4711")

    monkeypatch.setattr("sagui_backend.api.dashboard.data_state", fail)
    response = api.get("/api/v1/dashboard.json")
    assert (response.status_code, response["Content-Type"]) == (500, "application/json")
    assert "4711" not in response.content.decode()
    assert "4711" in caplog.text


def test_database_out_of_reach_is_a_503_that_says_so(
    api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise OperationalError("no route to the database")

    monkeypatch.setattr("sagui_backend.api.stations.data_state", fail)
    response = api.get("/api/v1/flow_previ/stations.json")
    assert (response.status_code, response["Retry-After"], response["Cache-Control"]) == (
        503,
        "5",
        "no-store",
    )
    assert "no route" in caplog.text


@pytest.mark.parametrize("query", ["page_size=%00", "page=1%0A", "duration=10%7f", "%1b=1"])
def test_control_characters_are_refused(api: Api, query: str) -> None:
    response = api.get(f"/api/v1/flow_previ/stations?{query}")
    assert (response.status_code, response["Content-Type"]) == (400, "application/json")
    assert response["Cache-Control"] == "no-store"
    assert list(response.json()) == ["detail", "title", "status"]


def test_unacceptable_accept_is_406_json(api: Api) -> None:
    response = api.get("/api/v1/dashboard", HTTP_ACCEPT="image/png")
    assert (response.status_code, response["Content-Type"]) == (406, "application/json")


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_only_reading_is_allowed(api: Api, method: str) -> None:
    response = getattr(api.client, method)("/api/v1/dashboard")
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert response["Content-Type"] == "application/json"
    assert api.client.head("/api/v1/dashboard").status_code == 200
    assert api.client.options("/api/v1/dashboard").status_code == 200


@pytest.mark.parametrize("endpoint", ["", *ENDPOINTS])
def test_options_are_json_in_every_format(api: Api, endpoint: str) -> None:
    offered = ["json", "csv"] if endpoint in {"flow_previ/stations/1/data", "atmo/classes"} else ["json"]
    for query in ("", *(f"?format={name}" for name in offered)):
        response = api.client.options(f"/api/v1/{endpoint}{query}")
        assert (response.status_code, response["Content-Type"]) == (200, "application/json"), query
        assert response.json()["renders"]


@pytest.mark.parametrize("endpoint", ["", *ENDPOINTS])
def test_browsers_get_a_page_without_anything_from_elsewhere(api: Api, endpoint: str) -> None:
    response = api.get(f"/api/v1/{endpoint}", HTTP_ACCEPT="text/html,*/*;q=0.8")
    assert response["Content-Type"].startswith("text/html")
    page = response.content.decode()
    assert 'src="http' not in page
    assert 'rel="stylesheet" type="text/css" href="/backend_static/' in page


def test_the_map_client_gets_json(api: Api) -> None:
    response = api.get("/api/v1/atmo/files", HTTP_ACCEPT="application/json, text/plain, */*")
    assert response["Content-Type"] == "application/json"


def test_root_lists_the_contract_links_first(api: Api) -> None:
    links = api.json("/api/v1/")
    assert list(links)[:6] == [
        "dashboard", "flow-previ-stations-list", "flow-alerts-stations-list", "atmo-alerts-rasters", "swagger-ui",
        "openapi-schema",
    ]  # fmt: skip
    assert links["dashboard"] == f"{HOST}/api/v1/dashboard"
    assert links["openapi-schema"] == f"{HOST}/api/schema/"
    for address in links.values():
        assert api.get(address.removeprefix(HOST)).status_code == 200
    assert api.json("/api/v1.json")["dashboard"] == f"{HOST}/api/v1/dashboard.json"


@pytest.mark.parametrize(
    ("path", "status", "target"),
    [
        ("/", 302, "/api/v1/"), ("/api/", 302, "/api/schema/swagger-ui/"), ("/api/v1", 301, "/api/v1/"),
        ("/api/v1/.json", 302, "/api/v1.json"),
    ],
)  # fmt: skip
def test_redirects(api: Api, path: str, status: int, target: str) -> None:
    response = api.get(path)
    assert (response.status_code, response["Location"]) == (status, target)


@pytest.mark.parametrize(
    ("asked", "given"),
    [("stations", "data"), ("stations.json", "data.json"), ("stations.json/", "data.json"),
     ("stations?format=json", "data?format=json")],
)  # fmt: skip
def test_fault_90_links_are_clean_and_can_be_followed(api: Api, asked: str, given: str) -> None:
    page = api.json(f"/api/v1/flow_previ/{asked}")
    url = page["results"]["features"][0]["properties"]["url"]
    assert url == f"{HOST}/api/v1/flow_previ/stations/1/{given}"
    assert api.get(url.removeprefix(HOST)).status_code == 200
    assert api.get("/api/v1/flow_previ/stations/1/data.json/").status_code == 200


def test_fault_91_links_are_https_behind_a_tls_proxy(api: Api) -> None:
    body = api.get("/api/v1/", HTTP_X_FORWARDED_PROTO="https").json()
    assert {address.split(":")[0] for address in body.values()} == {"https"}
    assert api.get("/api/v1/atmo/files", HTTP_X_FORWARDED_PROTO="https").json()["legend"].startswith("https:")


def test_fault_94_answers_have_validators_and_limits(api: Api) -> None:
    first = api.get("/api/v1/flow_alerts/stations.json")
    assert (first["Cache-Control"], first["xkey"]) == ("public, max-age=5", "api")
    again = api.get("/api/v1/flow_alerts/stations.json", HTTP_IF_NONE_MATCH=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert len(api.json("/api/v1/flow_alerts/stations?page_size=99999999")["results"]["features"]) == 1
    assert api.get("/api/v1/nothing")["Cache-Control"] == "no-store"


def test_fault_94_etag_changes_with_the_data(api: Api, world: World) -> None:
    before = api.get("/api/v1/flow_alerts/stations.json")["ETag"]
    world.station(2)
    assert api.get("/api/v1/flow_alerts/stations.json")["ETag"] != before


def test_answers_are_the_same_for_everybody(api: Api) -> None:
    for path in ("/api/v1/dashboard", "/api/v1/dashboard?format=api", "/api/schema/swagger-ui/"):
        response = api.get(path, HTTP_COOKIE="sessionid=x; csrftoken=y; django_language=pt-br")
        assert not response.cookies
        assert "cookie" not in response.get("Vary", "").lower()
        assert "Access-Control-Allow-Origin" not in response


def test_a_change_by_an_administrator_shows_at_once(api: Api, world: World) -> None:
    world.execute("UPDATE guyane.hyfaa_stations SET threshold_drought = NULL, name = 'Other' WHERE id = 1")
    record = api.json("/api/v1/flow_alerts/stations/1/data")
    assert record["city"] == "Other"
    assert "threshold_drought" not in record["thresholds"][0]


# ----- schema


def test_fault_92_schema_is_generated_without_warnings(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    from drf_spectacular.drainage import GENERATOR_STATS  # noqa: PLC0415  needs settings

    out = io.StringIO()
    GENERATOR_STATS.reset()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    assert not GENERATOR_STATS
    schema = yaml.safe_load(out.getvalue())
    assert (schema["openapi"], schema["info"]["title"], schema["info"]["version"]) == (
        "3.0.3",
        "SAGUI API",
        "1.0.0",
    )
    operations = {
        operation["operationId"] for methods in schema["paths"].values() for operation in methods.values()
    }
    names = {
        "root_retrieve", "dashboard_retrieve", "flow_previ_stations_list", "flow_previ_stations_data_retrieve",
        "flow_alerts_stations_list", "flow_alerts_stations_data_retrieve", "atmo_files_retrieve", "atmo_classes_list",
        "rain_alerts_basins_retrieve",
    }  # fmt: skip
    twins = {"_formatted_".join(name.rsplit("_", 1)) for name in names}
    assert operations == names | twins | {"map_retrieve", "cells_data_retrieve"}
    for path, methods in schema["paths"].items():
        for media in methods["get"]["responses"]["200"]["content"].values():
            assert media["examples"], path


def test_schema_is_served_as_yaml_and_json(api: Api) -> None:
    response = api.get("/api/schema/")
    assert response["Content-Type"].startswith("application/vnd.oai.openapi")
    assert response["Content-Disposition"] == 'inline; filename="SAGUI API.yaml"'
    assert "/api/v1/dashboard" in yaml.safe_load(response.content)["paths"]
    for path in ("/api/schema/?format=json", "/api/schema.json"):
        response = api.get(path)
        assert response["Content-Type"] == "application/vnd.oai.openapi+json"
        assert "/api/v1/dashboard" in response.json()["paths"]


def test_fault_111_swagger_page_uses_local_assets_only(api: Api) -> None:
    page = api.get("/api/schema/swagger-ui/").content.decode()
    assert "cdn" not in page
    assert 'src="http' not in page
    for asset in ("swagger-ui-bundle.js", "swagger-ui.css"):
        name = f"drf_spectacular_sidecar/swagger-ui-dist/{asset}"
        assert f"/backend_static/{name}" in page
        assert finders.find(name)


@pytest.mark.parametrize(("role", "allowed"), [("api", True), ("tileserv", False)])
def test_fault_103_the_api_needs_no_more_than_its_role(world: World, role: str, allowed: bool) -> None:
    statement = "SELECT count(*) FROM guyane.hyfaa_stations"
    if allowed:
        assert world.database.query(statement, role=role) == [(1,)]
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            world.database.query("DELETE FROM guyane.hyfaa_data_assimilated", role=role)
    else:
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            world.database.query(statement, role=role)
