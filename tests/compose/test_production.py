"""Base and prod: secrets of its own, TLS in front, files loaded, upgrade, every container killed in turn, backup and restore."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.compose.composition import (
    HOST,
    NETWORK,
    PLUGIN,
    SERVICES,
    Composition,
    open_to_containers,
    production_settings,
    wait,
)
from tests.conftest import free_port

OWNER = 12345
SERIES = ("hyfaa_data_assimilated", "hyfaa_data_mgbstandard", "hyfaa_data_forecast", "sagui_rainfall")
TABLES = (
    *SERIES,
    "hyfaa_drainage",
    "hyfaa_catchments",
    "hyfaa_stations",
    "sagui_alertsubscriptions",
    "auth_user",
    "auth_group",
)
_ROWS = (
    "SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM guyane.{} t"
)
_FLOWS = (
    "SELECT count(*) || ' ' || md5(string_agg(concat_ws(' ', cell_id, date, flow_median, flow_mad, flow_anomaly), '|'"
    " ORDER BY cell_id, date)) FROM guyane.hyfaa_data_assimilated"
)
_UNAPPLIED = ("run", "--rm", "-T", "migrate", "manage", "showmigrations", "--plan")
_PROXY = """
pid /tmp/nginx.pid; daemon off; error_log stderr warn;
events {{}}
http {{
  access_log off; client_body_temp_path /tmp/b; proxy_temp_path /tmp/p; fastcgi_temp_path /tmp/f; uwsgi_temp_path /tmp/u; scgi_temp_path /tmp/s;
  resolver 127.0.0.11 valid=2s;
  server {{
    listen 8443 ssl; server_name {hosts};
    ssl_certificate /proxy/certificate.pem; ssl_certificate_key /proxy/key.pem;
    location / {{
      set $to http://varnish:{port}; proxy_pass $to; proxy_http_version 1.1;
      proxy_set_header Host $host; proxy_set_header X-Forwarded-Proto https; proxy_set_header X-Forwarded-For $remote_addr;
    }}
  }}
}}
"""


@pytest.fixture(scope="module")
def flows(loaded: Composition) -> str:
    """Count and digest of the flows that development has loaded from the same files."""
    return loaded.sql(_FLOWS)


@pytest.fixture(scope="module")
def planned(
    environment: dict[str, str],
    delivered: Path,
    loaded: Composition,
    flows: str,
    plugin: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Composition]:
    """The production composition by `docker compose`, not started; development has stopped."""
    composition = Composition(
        loaded.source,
        "prod",
        {
            **production_settings(environment, plugin, delivered, tmp_path_factory.mktemp("dumps"), OWNER),
            "COMPOSE_PROJECT_NAME": f"sagui-test-prod-{os.getpid()}",
            "SAGUI_HYFAA_RUNNER": "none",
            "SAGUI_HYFAA_WORKDIR": str(delivered / "hyfaa"),
            "SAGUI_HISTORY_START": loaded.environment["SAGUI_HISTORY_START"],
        },
        program=PLUGIN,
    )
    loaded.compose("stop", "--timeout", "5")
    yield composition
    composition.docker("rm", "-f", f"{composition.project}-proxy", check=False)
    composition.remove()
    composition.docker("network", "rm", NETWORK, check=False)
    chosen = ("--format", "{{.Repository}}:{{.Tag}}", "--filter", "reference=sagui-test/*:next")
    if upgraded := composition.docker("images", *chosen).stdout.split():
        composition.docker("rmi", *upgraded)


@pytest.fixture(scope="module")
def network(planned: Composition) -> str:
    """The network that Traefik's composition makes."""
    planned.docker("network", "create", NETWORK)
    return NETWORK


@pytest.fixture(scope="module")
def production(planned: Composition, network: str) -> Composition:
    """Running, with secrets of its own and no data."""
    assert planned.make("secrets").returncode == 0
    planned.compose("up", "-d")
    planned.wait_healthy([*SERVICES, "backup"])
    return planned


@pytest.fixture(scope="module")
def proxy(production: Composition, tmp_path_factory: pytest.TempPathFactory) -> Proxy:
    """What Traefik does with the labels of Varnish: TLS for its host, on to its port."""
    labels = production.facts("varnish")["Config"]["Labels"]
    assert labels["traefik.enable"] == "true"
    assert labels["traefik.docker.network"] == NETWORK
    assert labels["traefik.http.routers.varnish.entrypoints"] == "websecure"
    assert labels["traefik.http.routers.varnish.tls"] == "true"
    folder = tmp_path_factory.mktemp("proxy")
    hosts = re.findall(r"Host\(`([^`]+)`\)", labels["traefik.http.routers.varnish.rule"])
    port = labels["traefik.http.services.varnish.loadbalancer.server.port"]
    (folder / "nginx.conf").write_text(_PROXY.format(hosts=" ".join(hosts), port=port))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOST}",
         "-addext", f"subjectAltName=DNS:{HOST},IP:127.0.0.1", "-keyout", "key.pem", "-out", "certificate.pem"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    for path in folder.iterdir():
        path.chmod(0o644)
    open_to_containers(folder)
    public = Proxy(free_port(), folder / "certificate.pem")
    name = f"{production.project}-proxy"
    production.docker(
        "run", "-d", "--name", name, "--network", NETWORK, "-p", f"127.0.0.1:{public.port}:8443",
        "-v", f"{folder}:/proxy:ro", "--entrypoint", "nginx", "sagui-test/nginx", "-e", "stderr", "-c", "/proxy/nginx.conf",
    )  # fmt: skip
    wait(lambda: answers(public), lambda: production.docker("logs", name).stderr, 60)
    return public


@dataclass(frozen=True)
class Proxy:
    """Where TLS ends.

    Attributes:
        port: where it listens on this machine.
        certificate: what it signs with.
    """

    port: int
    certificate: Path


def fetch(proxy: Proxy, path: str) -> requests.Response:
    """An answer through TLS, under the public name."""
    address = f"https://127.0.0.1:{proxy.port}{path}"
    return requests.get(address, headers={"Host": HOST}, verify=str(proxy.certificate), timeout=30)


def answers(proxy: Proxy) -> bool:
    """Whether the platform is ready, as readers see it."""
    try:
        return fetch(proxy, "/api/health/ready").status_code == 200
    except requests.RequestException:
        return False


def rows(composition: Composition) -> dict[str, str]:
    """Count and digest of all rows of the tables that matter."""
    return {table: composition.sql(_ROWS.format(table)) for table in TABLES}


def newest_dump(composition: Composition) -> Path:
    """The newest dump of the platform's own database."""
    folder = Path(composition.environment["SAGUI_BACKUP_DIR"])
    return max(folder.glob("sagui-*.dump"), key=lambda path: path.stat().st_mtime)


def test_missing_secrets_are_named_before_anything_starts(planned: Composition) -> None:
    done = planned.make("up-prod")
    assert done.returncode != 0
    assert "owner_password.txt is missing" in done.stderr
    assert "make secrets" in done.stderr


def test_missing_network_is_named(planned: Composition) -> None:
    assert planned.make("secrets").returncode == 0
    done = planned.make("up-prod")
    assert done.returncode != 0
    assert f"docker network create {NETWORK}" in done.stderr
    plain = planned.compose("up", "-d", check=False)
    assert plain.returncode != 0
    assert NETWORK in plain.stderr


@pytest.mark.parametrize(
    ("content", "told"), [("", "is empty"), ("dev-only-api-password", "everybody knows")]
)
def test_secret_that_is_none_is_named_before_anything_starts(
    planned: Composition, content: str, told: str
) -> None:
    assert planned.make("secrets").returncode == 0
    file = planned.source / "compose/secrets-prod/api_password.txt"
    good = file.read_text()
    file.chmod(0o644)
    file.write_text(content)
    try:
        done = planned.make("up-prod")
    finally:
        file.write_text(good)
    assert done.returncode != 0
    assert "api_password.txt" in done.stderr
    assert told in done.stderr
    assert "make secrets" in done.stderr


def test_secrets_are_made_once(planned: Composition) -> None:
    folder = planned.source / "compose/secrets-prod"
    assert planned.make("secrets").returncode == 0
    before = {path.name: path.read_text() for path in folder.iterdir()}
    (folder / "api_password.txt").chmod(0o644)
    assert planned.make("secrets").returncode == 0
    assert {path.name: path.read_text() for path in folder.iterdir()} == before
    assert folder.stat().st_mode & 0o077 == 0
    assert len({text for text in before.values() if text}) == 8


def test_platform_answers_through_tls(production: Composition, proxy: Proxy) -> None:
    for path in ("/", "/dashboards/", "/api/v1/"):
        assert fetch(proxy, path).status_code == 200, path
    login = fetch(proxy, "/admin/login/")
    assert "secure" in login.headers["Set-Cookie"].lower()
    assert "max-age" in login.headers["Strict-Transport-Security"]


def test_only_varnish_is_on_the_public_network(production: Composition, proxy: Proxy) -> None:
    template = "{{range .Containers}}{{.Name}} {{end}}"
    members = production.docker("network", "inspect", "--format", template, NETWORK).stdout.split()
    varnish = production.facts("varnish")["Name"].lstrip("/")
    assert set(members) == {varnish, f"{production.project}-proxy"}


def test_only_dagster_listens_and_only_on_loopback(production: Composition) -> None:
    for service in (*SERVICES, "backup"):
        ports = production.facts(service)["NetworkSettings"]["Ports"]
        bindings = [binding for found in ports.values() for binding in found or ()]
        assert {binding["HostIp"] for binding in bindings} <= {"127.0.0.1"}
        assert bool(bindings) is (service == "dagster-webserver")


def test_delivered_files_are_loaded_row_for_row(production: Composition, proxy: Proxy, flows: str) -> None:
    production.compose("exec", "-T", "dagster-daemon", "sagui", "load")
    assert production.sql(_FLOWS) == flows
    assert not flows.startswith("0 ")
    assert fetch(proxy, "/tiles/index.json").status_code == 200


def test_upgrade_in_place_keeps_every_row(production: Composition, proxy: Proxy) -> None:
    plan = production.compose(*_UNAPPLIED).stdout
    *_, previous, newest = re.findall(r"sagui\.(\w+)", plan)
    production.sql("INSERT INTO guyane.auth_group (name) VALUES ('made before the upgrade')")
    production.compose(
        "stop", "--timeout", "5", "dagster-daemon", "dagster-code", "dagster-webserver", "watchdog"
    )
    before = rows(production)
    production.compose("run", "--rm", "-T", "migrate", "manage", "migrate", "--noinput", "sagui", previous)
    assert f"[ ]  sagui.{newest}" in production.compose(*_UNAPPLIED).stdout
    images = {production.facts(service)["Config"]["Image"] for service in (*SERVICES, "backup")}
    for image in images:
        production.docker("tag", image, f"{image.removesuffix(':latest')}:next")
    production.environment["SAGUI_VERSION"] = "next"

    done = production.make("up-prod")

    assert done.returncode == 0, done.stdout + done.stderr
    production.wait_healthy([*SERVICES, "backup"])
    assert rows(production) == before
    assert "[ ]" not in production.compose(*_UNAPPLIED).stdout
    wait(lambda: answers(proxy), lambda: production.logs("varnish"), 60)
    assert {production.facts(service)["Config"]["Image"].rpartition(":")[2] for service in SERVICES} == {
        "next"
    }


def test_nobody_gets_the_docker_socket_unasked(production: Composition) -> None:
    for service in (*SERVICES, "backup"):
        assert "docker.sock" not in str(production.facts(service)["HostConfig"]["Binds"])


@pytest.mark.parametrize("service", [*SERVICES, "backup"])
def test_killed_container_comes_back(production: Composition, proxy: Proxy, service: str) -> None:
    started = production.facts(service)["State"]["StartedAt"]
    production.execute(service, "bash", "-c", "kill -9 -1", check=False)
    wait(
        lambda: production.facts(service)["State"]["StartedAt"] != started,
        lambda: f"{service} did not start again: {production.facts(service)['State']}",
        60,
    )
    production.wait_healthy([service])
    wait(lambda: answers(proxy), lambda: production.logs(service), 60)


def test_restore_gives_every_row_back(production: Composition, proxy: Proxy) -> None:
    done = production.make("backup")
    assert done.returncode == 0, done.stdout + done.stderr
    before = rows(production)
    dump = newest_dump(production)
    assert dump.stat().st_uid == OWNER
    assert dump.stat().st_mode & 0o077 == 0
    production.sql(
        "DELETE FROM guyane.hyfaa_data_assimilated WHERE cell_id % 2 = 0; DROP TABLE guyane.hyfaa_data_forecast CASCADE"
    )
    done = production.make("restore", f"DUMP={dump}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert rows(production) == before
    production.wait_healthy()
    wait(lambda: answers(proxy), lambda: production.logs("backend"), 60)
    assert "sagui_replaced_" in production.sql("SELECT string_agg(datname, ' ') FROM pg_database")


def test_broken_dump_changes_nothing(production: Composition, tmp_path: Path) -> None:
    dump = newest_dump(production)
    cut = tmp_path / "sagui-cut.dump"
    cut.write_bytes(dump.read_bytes()[: dump.stat().st_size // 2])
    before = rows(production)
    done = production.execute("database", "sagui-restore", "sagui", check=False, stdin=cut)
    assert done.returncode != 0
    assert "has not been touched" in done.stderr or "Nothing was changed" in done.stderr
    assert rows(production) == before


def test_newer_schema_is_refused(production: Composition) -> None:
    production.sql(
        "INSERT INTO guyane.django_migrations (app, name, applied) VALUES ('sagui', '9999_of_the_future', now())"
    )
    try:
        done = production.compose("run", "--rm", "-T", "migrate", check=False)
    finally:
        production.sql("DELETE FROM guyane.django_migrations WHERE name = '9999_of_the_future'")
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "A newer version has worked on this database" in said
    assert "restore a backup" in said
