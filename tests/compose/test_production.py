"""Base and prod: secrets of its own, TLS in front, upgrade, every container killed in turn, backup and restore."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.compose.composition import SERVICES, Composition, wait
from tests.compose.conftest import HOST, on_host
from tests.conftest import free_port

NETWORK = "traefik-proxy_proxy_network"
TABLES = (
    "hyfaa_data_assimilated",
    "hyfaa_data_mgbstandard",
    "hyfaa_drainage",
    "sagui_alertsubscriptions",
    "auth_user",
)
_ROWS = "SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) || ' ' || count(*) FROM {} t"
_KEPT = "SELECT count(*) FROM guyane.auth_group WHERE name = 'kept_through_the_upgrade'"
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
def delivery(delivered: Path) -> dict[str, str]:
    """Where the files are, as the operator says it."""
    return {
        "SAGUI_HYFAA_RUNNER": "none",
        "SAGUI_HYFAA_WORKDIR": str(delivered / "hyfaa"),
        "SAGUI_GEODATA_DIR": str(delivered / "geodata"),
        "SAGUI_STATIONS_FILE": str(delivered / "stations.xlsx"),
        "SAGUI_REFERENCE_FLOW_FILE": str(delivered / "reference_flow.csv"),
    }


@pytest.fixture(scope="module")
def planned(
    images: Composition, environment: dict[str, str], delivery: dict[str, str], loaded: Composition,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Composition]:  # fmt: skip
    """The production composition, not started."""
    composition = Composition(
        images.source,
        "prod",
        {
            **environment,
            **delivery,
            "COMPOSE_PROJECT_NAME": f"sagui-test-prod-{os.getpid()}",
            "SAGUI_HOST": HOST,
            "USER_ID": "12345",
            "GROUP_ID": "12345",
            "SAGUI_DAGSTER_PORT": str(free_port()),
            "SAGUI_BACKUP_DIR": str(backups(tmp_path_factory.mktemp("backups"))),
            "SAGUI_HISTORY_START": loaded.environment["SAGUI_HISTORY_START"],
        },
    )
    loaded.compose("stop", "--timeout", "5")
    yield composition
    composition.docker("rm", "-f", f"{composition.project}-proxy", check=False)
    composition.remove()
    composition.docker("network", "rm", NETWORK, check=False)


def backups(folder: Path) -> Path:
    """A folder into which the backup's user may write."""
    os.chown(folder, 12345, 12345)
    for parent in folder.parents:
        if parent != Path("/") and parent.stat().st_uid == os.getuid():
            parent.chmod(parent.stat().st_mode | 0o011)
    return folder


@pytest.fixture(scope="module")
def network(planned: Composition) -> str:
    """The network that Traefik's composition makes."""
    planned.docker("network", "create", NETWORK)
    return NETWORK


@pytest.fixture(scope="module")
def production(planned: Composition, network: str) -> Composition:
    """Running, after an upgrade in place: its database was made by the version before the last migration."""
    assert on_host(planned, "secrets").returncode == 0
    planned.compose("up", "-d", "database")
    planned.wait_healthy(["database"])
    names = planned.compose(
        "run", "--rm", "-T", "migrate", "manage", "showmigrations", "--plan", "sagui"
    ).stdout
    migrations = re.findall(r"sagui\.(\w+)", names)
    planned.compose("run", "--rm", "-T", "migrate", "manage", "migrate", "--noinput", "sagui", migrations[-2])
    planned.sql("INSERT INTO guyane.auth_group (name) VALUES ('kept_through_the_upgrade')")
    done = on_host(planned, "prod", "up", "-d")
    assert done.returncode == 0, done.stdout + done.stderr
    planned.wait_healthy([*SERVICES, "backup"])
    return planned


@pytest.fixture(scope="module")
def proxy(production: Composition, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What Traefik does with the labels of Varnish: TLS for its host, on to its port."""
    labels = json.loads(production.inspect("varnish", "{{json .Config.Labels}}"))
    assert labels["traefik.enable"] == "true"
    assert labels["traefik.docker.network"] == NETWORK
    folder = tmp_path_factory.mktemp("proxy")
    hosts = re.findall(r"Host\(`([^`]+)`\)", labels["traefik.http.routers.varnish.rule"])
    port = labels["traefik.http.services.varnish.loadbalancer.server.port"]
    (folder / "nginx.conf").write_text(_PROXY.format(hosts=" ".join(hosts), port=port))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOST}",
         "-addext", f"subjectAltName=DNS:{HOST}", "-keyout", "key.pem", "-out", "certificate.pem"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    for path in folder.iterdir():
        path.chmod(0o644)
    for parent in [folder, *folder.parents]:
        if parent != Path("/") and parent.stat().st_uid == os.getuid():
            parent.chmod(parent.stat().st_mode | 0o011)
    public = free_port()
    production.docker(
        "run", "-d", "--name", f"{production.project}-proxy", "--network", NETWORK, "-p", f"127.0.0.1:{public}:8443",
        "-v", f"{folder}:/proxy:ro", "--entrypoint", "nginx", "sagui-test/nginx", "-e", "stderr", "-c", "/proxy/nginx.conf",
    )  # fmt: skip
    wait(lambda: fetch(f"{public}", "/api/health/ready").status_code == 200, "the proxy does not answer", 60)
    return str(public)


def fetch(port: str, path: str) -> requests.Response:
    """An answer through TLS, under the public name."""
    try:
        return requests.get(
            f"https://127.0.0.1:{port}{path}",
            headers={"Host": HOST},
            verify=False,  # noqa: S501 - it signs itself
            timeout=30,
        )
    except requests.ConnectionError:
        answer = requests.Response()
        answer.status_code = 0
        return answer


def rows(composition: Composition) -> dict[str, str]:
    """A digest and a count of every row of the tables that matter."""
    return {table: composition.sql(_ROWS.format(f"guyane.{table}")) for table in TABLES}


def test_missing_secrets_are_named_before_anything_starts(planned: Composition) -> None:
    done = on_host(planned, "prod", "up", "-d")
    assert done.returncode != 0
    assert "owner_password.txt is missing" in done.stderr
    assert "make secrets" in done.stderr


def test_missing_network_is_named(planned: Composition) -> None:
    assert on_host(planned, "secrets").returncode == 0
    done = on_host(planned, "prod", "up", "-d")
    assert done.returncode != 0
    assert f"docker network create {NETWORK}" in done.stderr
    plain = planned.compose("up", "-d", check=False)
    assert plain.returncode != 0
    assert NETWORK in plain.stderr


def test_secrets_are_made_once(planned: Composition) -> None:
    folder = planned.source / "compose/secrets-prod"
    on_host(planned, "secrets")
    before = {path.name: path.read_text() for path in folder.iterdir()}
    (folder / "api_password.txt").chmod(0o644)
    assert on_host(planned, "secrets").returncode == 0
    assert {path.name: path.read_text() for path in folder.iterdir()} == before
    assert folder.stat().st_mode & 0o077 == 0
    assert len({text for text in before.values() if text}) == 8


def test_upgrade_keeps_what_was_there(production: Composition) -> None:
    assert production.sql(_KEPT) == "1"
    plan = production.compose("run", "--rm", "-T", "migrate", "manage", "showmigrations", "--plan").stdout
    assert "[ ]" not in plan


def test_platform_answers_through_tls(production: Composition, proxy: str) -> None:
    for path in ("/", "/dashboards/", "/api/v1/", "/tiles/index.json"):
        assert fetch(proxy, path).status_code == 200, path
    login = fetch(proxy, "/admin/login/")
    assert "secure" in login.headers["Set-Cookie"].lower()


def test_only_dagster_listens_and_only_on_loopback(production: Composition) -> None:
    for service in (*SERVICES, "backup"):
        ports = json.loads(production.inspect(service, "{{json .NetworkSettings.Ports}}")) or {}
        bindings = [binding for found in ports.values() for binding in found or ()]
        assert {binding["HostIp"] for binding in bindings} <= {"127.0.0.1"}
        assert bool(bindings) is (service == "dagster-webserver")


def test_delivered_files_are_loaded_row_for_row(production: Composition, loaded: Composition) -> None:
    production.compose("exec", "-T", "dagster-daemon", "sagui", "load")
    loaded.compose("up", "-d", "database")
    loaded.wait_healthy(["database"])
    for table in ("hyfaa_data_assimilated", "hyfaa_drainage"):
        assert (
            production.sql(f"SELECT count(*) FROM guyane.{table}")
            == loaded.sql(f"SELECT count(*) FROM guyane.{table}")
            != "0"
        )
    loaded.compose("stop", "--timeout", "5")


@pytest.mark.parametrize("service", [*SERVICES, "backup"])
def test_killed_container_comes_back(production: Composition, proxy: str, service: str) -> None:
    started = production.inspect(service, "{{.State.StartedAt}}")
    production.compose("exec", "-T", service, "bash", "-c", "kill -9 -1", check=False)
    wait(
        lambda: production.inspect(service, "{{.State.StartedAt}}") != started,
        f"{service} did not start again",
        60,
    )
    production.wait_healthy([service])
    wait(lambda: fetch(proxy, "/api/v1/").status_code == 200, "the platform does not answer", 60)


def test_restore_gives_every_row_back(production: Composition, proxy: str) -> None:
    folder = Path(production.environment["SAGUI_BACKUP_DIR"])
    done = on_host(production, "backup")
    assert done.returncode == 0, done.stdout + done.stderr
    before = rows(production)
    dump = max(folder.glob("sagui-*.dump"), key=lambda path: path.stat().st_mtime)
    assert dump.stat().st_uid == 12345
    assert dump.stat().st_mode & 0o077 == 0
    production.sql(
        "DELETE FROM guyane.hyfaa_data_assimilated WHERE cell_id % 2 = 0; DROP TABLE guyane.hyfaa_data_forecast CASCADE"
    )
    assert rows(production) != before
    done = on_host(production, "restore", str(dump))
    assert done.returncode == 0, done.stdout + done.stderr
    assert rows(production) == before
    production.wait_healthy()
    wait(lambda: fetch(proxy, "/api/v1/").status_code == 200, "the platform does not answer", 60)
    assert "sagui_replaced_" in production.sql("SELECT string_agg(datname, ' ') FROM pg_database")


def test_broken_dump_changes_nothing(production: Composition, tmp_path: Path) -> None:
    folder = Path(production.environment["SAGUI_BACKUP_DIR"])
    dump = max(folder.glob("sagui-*.dump"), key=lambda path: path.stat().st_mtime)
    cut = tmp_path / "sagui-cut.dump"
    cut.write_bytes(dump.read_bytes()[: dump.stat().st_size // 2])
    before = rows(production)
    done = production.compose("exec", "-T", "database", "sagui-restore", "sagui", check=False, stdin=cut)
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
