"""Base and override: an empty platform that says so, every container confined, started in order, on its own networks."""

from __future__ import annotations

import pytest
import requests

from tests.compose.composition import SERVICES, Composition, wait

PLATFORM = ("internal", "database", "outside")
NETWORKS = {
    "database": ("database", "debug"),
    "migrate": ("database",),
    "backend": ("internal", "database", "debug"),
    "nginx": ("internal",),
    "pg-tileserv": ("internal", "database", "debug"),
    "varnish": ("edge", "internal"),
    "dagster-code": PLATFORM,
    "dagster-webserver": ("internal", "database", "debug"),
    "dagster-daemon": PLATFORM,
    "watchdog": PLATFORM,
}
# Who starts when whom is healthy, or, after the one shot, done.
ORDER = [
    ("database", "migrate"),
    ("migrate", "backend"),
    ("migrate", "pg-tileserv"),
    ("migrate", "dagster-code"),
    ("backend", "varnish"),
    ("nginx", "varnish"),
    ("pg-tileserv", "varnish"),
    ("dagster-code", "dagster-webserver"),
    ("dagster-code", "dagster-daemon"),
]
DOORS = {
    "EDGE": "/healthz",
    "BACKEND": "/api/health/live",
    "TILESERV": "/tiles/index.json",
    "DAGSTER": "/server_info",
}


def edge(composition: Composition) -> str:
    """Address of the cache."""
    return f"http://localhost:{composition.environment['SAGUI_EDGE_PORT']}"


@pytest.mark.parametrize("path", ["/", "/dashboards/", "/api/v1/", "/api/health/ready", "/admin/login/"])
def test_first_start_gives_a_working_platform(development: Composition, path: str) -> None:
    answer = requests.get(edge(development) + path, timeout=30)
    assert answer.status_code == 200, answer.text[:500]


def test_first_start_says_that_it_is_empty(development: Composition) -> None:
    said = development.logs("migrate")
    assert "The platform is empty" in said
    assert "sagui load" in said
    dashboard = requests.get(f"{edge(development)}/api/v1/dashboard", timeout=30).json()
    assert {(entry["data_date"], entry["stale"]) for entry in dashboard} == {(None, True)}


def test_stand_in_is_named(development: Composition) -> None:
    assert "STAND-IN" in development.logs("pg-tileserv")


@pytest.mark.parametrize("service", [*SERVICES, "migrate"])
def test_every_container_is_confined(development: Composition, service: str) -> None:
    facts = development.facts(service)
    host, config = facts["HostConfig"], facts["Config"]
    assert host["ReadonlyRootfs"]
    assert host["CapDrop"] == ["ALL"]
    assert not host["CapAdd"]
    assert not host["Privileged"]
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert host["LogConfig"]["Config"] == {"max-size": "10m", "max-file": "5"}
    assert host["Memory"] > 0
    assert host["NanoCpus"] > 0
    assert host["PidsLimit"] > 0
    assert config["User"].split(":")[0] not in ("", "0", "root")
    if service == "migrate":
        assert (host["RestartPolicy"]["Name"], facts["State"]["ExitCode"]) == ("no", 0)
    else:
        assert host["RestartPolicy"]["Name"] == "unless-stopped"
        assert config["Healthcheck"]["Test"]


def test_passwords_are_in_no_container_that_does_not_need_them(development: Composition) -> None:
    for service in (*SERVICES, "migrate"):
        told = str(development.facts(service)["Config"])
        assert "dev-only" not in told
    secrets = {
        service: development.execute(service, "ls", "/run/secrets", check=False).stdout.split()
        for service in ("nginx", "varnish", "pg-tileserv", "backend", "dagster-webserver")
    }
    assert secrets == {
        "nginx": [], "varnish": [], "pg-tileserv": ["tileserv_password"],
        "backend": ["api_password", "django_secret_key"], "dagster-webserver": ["dagster_password"],
    }  # fmt: skip


@pytest.mark.parametrize("service", NETWORKS)
def test_networks_are_split(development: Composition, service: str) -> None:
    joined = set(development.facts(service)["NetworkSettings"]["Networks"])
    assert joined == {f"{development.project}_{name}" for name in NETWORKS[service]}


@pytest.mark.parametrize(
    ("network", "closed"), [("edge", False), ("internal", True), ("database", True), ("outside", False)]
)
def test_networks_without_a_way_out(development: Composition, network: str, closed: bool) -> None:
    template = ("network", "inspect", "--format", "{{.Internal}}", f"{development.project}_{network}")
    assert development.docker(*template).stdout.strip() == str(closed).lower()


@pytest.mark.parametrize(("earlier", "later"), ORDER)
def test_services_start_in_order(development: Composition, earlier: str, later: str) -> None:
    first, second = development.facts(earlier)["State"], development.facts(later)["State"]
    reached = first["FinishedAt"] if earlier == "migrate" else first["StartedAt"]
    assert reached < second["StartedAt"]


@pytest.mark.parametrize("service", SERVICES)
def test_development_listens_on_this_machine_only(development: Composition, service: str) -> None:
    ports = development.facts(service)["NetworkSettings"]["Ports"]
    addresses = {binding["HostIp"] for bindings in ports.values() for binding in bindings or ()}
    assert addresses <= {"127.0.0.1"}


@pytest.mark.parametrize("door", DOORS)
def test_doors_of_development_are_open(development: Composition, door: str) -> None:
    port = development.environment[f"SAGUI_{door}_PORT"]
    assert requests.get(f"http://127.0.0.1:{port}{DOORS[door]}", timeout=30).ok


@pytest.mark.parametrize(("service", "reaches"), [("nginx", False), ("varnish", False), ("backend", True)])
def test_only_who_needs_it_reaches_the_database(
    development: Composition, service: str, reaches: bool
) -> None:
    done = development.execute(service, "bash", "-c", "exec 3<>/dev/tcp/database/5432", check=False)
    assert (done.returncode == 0) is reaches


def test_changed_source_is_loaded_again(development: Composition) -> None:
    addresses = development.source / "sagui_backend/config/urls.py"
    text = addresses.read_text()
    url = f"http://127.0.0.1:{development.environment['SAGUI_BACKEND_PORT']}/api/added"
    assert requests.get(url, timeout=30).status_code == 404
    addresses.write_text(f'{text}\nurlpatterns.insert(0, path("api/added", health.live))\n')
    try:
        wait(lambda: _status(url) == 200, lambda: development.logs("backend")[-2000:], 60)
    finally:
        addresses.write_text(text)


def _status(url: str) -> int:
    try:
        return requests.get(url, timeout=5).status_code
    except requests.RequestException:  # its workers change places
        return 0
