"""Base and override: an empty platform that says so, then the simulated basin, end to end."""

from __future__ import annotations

import json
from typing import Any

import mapbox_vector_tile
import pytest
import requests

from tests.compose.composition import SERVICES, Composition
from tools.native.tiles import covering_tile

FLOW = "guyane.hyfaa_data_aggregated_geo"
_BOX = "SELECT ST_XMin(b), ST_YMin(b), ST_XMax(b), ST_YMax(b) FROM (SELECT ST_Extent(geom) b FROM guyane.hyfaa_data_aggregated_geo) x"
_NEWEST = "SELECT count(*) FROM guyane.hyfaa_data_assimilated"


def edge(composition: Composition) -> str:
    """Address of the cache."""
    return f"http://localhost:{composition.environment['SAGUI_EDGE_PORT']}"


def flow_tile(composition: Composition) -> requests.Response:
    """The tile that shows the whole basin."""
    west, south, east, north = (float(text) for text in composition.sql(_BOX).split("|"))
    z, x, y = covering_tile((west, south, east, north))
    return requests.get(f"{edge(composition)}/tiles/{FLOW}/{z}/{x}/{y}.pbf", timeout=30)


@pytest.mark.parametrize("path", ["/", "/dashboards/", "/api/v1/", "/api/health/ready", "/admin/login/"])
def test_first_start_gives_a_working_platform(development: Composition, path: str) -> None:
    answer = requests.get(edge(development) + path, timeout=30)
    assert answer.status_code == 200, answer.text[:500]


def test_first_start_says_that_it_is_empty(development: Composition) -> None:
    said = development.docker(
        "logs", development.compose("ps", "-a", "-q", "migrate").stdout.split()[0], check=False
    )
    assert "The platform is empty" in said.stdout
    assert "sagui load" in said.stdout


def test_stand_in_is_named(development: Composition) -> None:
    assert "STAND-IN" in development.logs("pg-tileserv")


@pytest.mark.parametrize("service", SERVICES)
def test_every_container_is_confined(development: Composition, service: str) -> None:
    facts: list[dict[str, Any]] = json.loads(
        development.docker("inspect", development.container(service)).stdout
    )
    host, config = facts[0]["HostConfig"], facts[0]["Config"]
    assert host["ReadonlyRootfs"]
    assert host["CapDrop"] == ["ALL"]
    assert not host["CapAdd"]
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert host["RestartPolicy"]["Name"] == "unless-stopped"
    assert host["LogConfig"]["Config"]["max-size"]
    assert host["Memory"] > 0
    assert host["NanoCpus"] > 0
    assert host["PidsLimit"] > 0
    assert config["User"].split(":")[0] not in ("", "0", "root")
    assert config["Healthcheck"]["Test"]


@pytest.mark.parametrize("service", SERVICES)
def test_development_listens_on_this_machine_only(development: Composition, service: str) -> None:
    ports = json.loads(development.inspect(service, "{{json .NetworkSettings.Ports}}")) or {}
    addresses = {binding["HostIp"] for bindings in ports.values() for binding in bindings or ()}
    assert addresses <= {"127.0.0.1"}


@pytest.mark.parametrize(("service", "reaches"), [("nginx", False), ("varnish", False), ("backend", True)])
def test_only_who_needs_it_reaches_the_database(
    development: Composition, service: str, reaches: bool
) -> None:
    done = development.compose(
        "exec", "-T", service, "bash", "-c", "exec 3<>/dev/tcp/database/5432", check=False
    )
    assert (done.returncode == 0) is reaches


def test_tile_shows_what_the_table_holds(loaded: Composition) -> None:
    answer = flow_tile(loaded)
    assert answer.status_code == 200, answer.text[:500]
    found = mapbox_vector_tile.decode(answer.content)[FLOW]["features"]
    shown = loaded.sql("SELECT count(*) FROM guyane.hyfaa_minibasins_data WHERE ordem >= 12")
    assert len(found) == int(shown) > 0
    feature = found[0]["properties"]
    newest = json.loads(feature["values"])[0]
    stored = loaded.sql(
        "SELECT date, round(flow_median::numeric) FROM guyane.hyfaa_data_assimilated"
        f" WHERE cell_id = {feature['cell_id']} ORDER BY date DESC LIMIT 1"
    )
    date, flow = stored.split("|")
    assert newest["date"] == date
    assert abs(newest["flow"] - float(flow)) <= 1


def test_second_request_is_a_cache_hit(loaded: Composition) -> None:
    flow_tile(loaded)
    answer = flow_tile(loaded)
    assert answer.headers["V-Cache"] == "HIT"


def test_api_and_map_speak_of_the_same_day(loaded: Composition) -> None:
    values = requests.get(f"{edge(loaded)}/api/values/", timeout=30).json()
    assert values["last_date"] == loaded.sql("SELECT max(date) FROM guyane.hyfaa_data_assimilated")


def test_loading_again_changes_nothing(loaded: Composition) -> None:
    rows = loaded.sql(_NEWEST)
    loaded.compose("up", "-d")
    loaded.wait_healthy()
    assert int(loaded.sql(_NEWEST)) == int(rows) > 0


def test_purge_is_taken_from_the_pipelines_and_from_nobody_else(loaded: Composition) -> None:
    outside = requests.request("PURGE", edge(loaded), headers={"xkey-purge": FLOW}, timeout=30)
    assert outside.status_code in (403, 405)
    inside = loaded.compose(
        "exec", "-T", "dagster-daemon", "python", "-c",
        "import requests; print(requests.request('PURGE', 'http://varnish', headers={'xkey-purge': '" + FLOW + "'}).status_code)",
    )  # fmt: skip
    assert inside.stdout.strip() == "200"
