"""The admin can be kept to some host names and some networks; elsewhere it is an address like any unknown one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from sagui_backend.config.environment import load_environment
from sagui_pipelines.errors import SettingsInvalid
from tests.conftest import Database
from tests.web_site import Site, running_site

pytestmark = pytest.mark.postgis

LOGIN = "/admin/login/"


@pytest.fixture(scope="module")
def guarded(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The backend with an admin for one host name and two networks."""
    with running_site(
        module_database,
        tmp_path_factory.mktemp("guarded"),
        SAGUI_ALLOWED_HOSTS="127.0.0.1,admin.sagui.example,sagui.example",
        SAGUI_ADMIN_HOSTS="Admin.sagui.example",
        SAGUI_ADMIN_NETWORKS="198.51.100.0/24, 2001:db8::/32",
    ) as running:
        yield running


def status(site: Site, path: str, host: str, address: str) -> int:
    """Status of a page that somebody at an address asks for under a name."""
    headers = {"Host": host, "X-Forwarded-For": address}
    return requests.get(site.url + path, headers=headers, allow_redirects=False, timeout=30).status_code


@pytest.mark.parametrize(
    ("host", "address", "found"),
    [
        ("admin.sagui.example", "198.51.100.7", 200),
        ("ADMIN.sagui.example:8443", "198.51.100.7", 200),
        ("admin.sagui.example", "2001:db8::9", 200),
        ("admin.sagui.example", "198.51.100.7, 203.0.113.9", 404),
        ("admin.sagui.example", "203.0.113.9", 404),
        ("admin.sagui.example", "2001:db9::9", 404),
        ("admin.sagui.example", "unknown", 404),
        ("admin.sagui.example", "", 404),
        ("sagui.example", "198.51.100.7", 404),
        ("evil.example", "198.51.100.7", 400),
    ],
)
def test_fault_106_the_admin_is_there_for_its_hosts_and_networks_only(
    guarded: Site, host: str, address: str, found: int
) -> None:
    assert status(guarded, LOGIN, host, address) == found


@pytest.mark.parametrize(
    "path", ["/admin/", "/admin/sagui/stations/1/change/", "/admin/language", "/admin/nowhere"]
)
def test_fault_106_outside_nothing_tells_that_there_is_an_admin(guarded: Site, path: str) -> None:
    answer = requests.get(
        guarded.url + path, headers={"Host": "sagui.example"}, allow_redirects=False, timeout=30
    )
    unknown = requests.get(f"{guarded.url}/nowhere", headers={"Host": "sagui.example"}, timeout=30)
    assert (answer.status_code, answer.text) == (404, unknown.text)
    assert not answer.cookies


def test_everything_else_is_there_for_everybody(guarded: Site) -> None:
    for path in ("/api/v1/dashboard.json", "/dashboards/", "/api/health/live"):
        assert status(guarded, path, "sagui.example", "203.0.113.9") == 200


@pytest.mark.parametrize("text", ["10.0.0.0/33", "10.0.0.1/8", "office"])
def test_a_wrong_network_names_its_variable(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("SAGUI_ADMIN_NETWORKS", text)
    with pytest.raises(SettingsInvalid, match="SAGUI_ADMIN_NETWORKS"):
        load_environment()
