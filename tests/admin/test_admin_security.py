"""Who gets into the admin, and what its pages tell browsers and caches."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest

from sagui_backend.administration import client_address
from sagui_backend.administration.conf import content_security_policy
from tests.conftest import ROOT
from tests.web_site import PASSWORD, Site, Visitor

pytestmark = pytest.mark.postgis

UPLOAD = "/admin/sagui/stationsreferenceflow/import-csv/"
PAGES = (
    "/admin/",
    "/admin/sagui/stations/",
    "/admin/sagui/stations/1/change/",
    "/admin/sagui/stations/add/",
    "/admin/sagui/hyfaageoinclusionmask/add/",
    "/admin/sagui/stationsreferenceflow/",
    UPLOAD,
    "/admin/sagui/saguiconfig/",
    "/admin/sagui/atmoalertcategories/Bon/change/",
    "/admin/sagui/alertsubscriptions/add/",
    "/admin/sagui/importstate/",
    "/admin/sagui/importlog/",
    "/admin/sagui/publication/",
    "/admin/sagui/incident/",
    "/admin/administration/configurationchange/",
    "/admin/axes/accessattempt/",
    "/admin/password_change/",
)
# Pages with a map, whose renderer runs in a worker of its own.
MAPS = PAGES[2:5]
CSV = "ref_period,mini,day_of_year,flow\n2010-2020,4444,1,7\n"


def flows(site: Site) -> list[tuple[object, ...]]:
    """All reference flows."""
    return site.database.query("SELECT * FROM guyane.stations_reference_flow ORDER BY id")


def test_fault_101_csv_upload_needs_login(site: Site) -> None:
    stranger, before = Visitor(site), flows(site)
    shown = stranger.get(UPLOAD)
    sent = stranger.post(UPLOAD, files={"csv_file": ("flows.csv", CSV)})
    for answer in (shown, sent):
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/admin/login/?next=")
    assert flows(site) == before


def test_fault_101_csv_upload_needs_permission(site: Site) -> None:
    site.add_user("looker", "view_stationsreferenceflow")
    before, visitor = flows(site), site.login("looker")
    assert visitor.get(UPLOAD).status_code == 403
    assert visitor.post(UPLOAD, files={"csv_file": ("flows.csv", CSV)}).status_code == 403
    listed = visitor.get("/admin/sagui/stationsreferenceflow/")
    assert listed.status_code == 200
    assert "import-csv" not in listed.text
    assert flows(site) == before


def test_a_post_without_its_token_is_refused(admin: Visitor) -> None:
    assert admin.post(UPLOAD, csrfmiddlewaretoken="x" * 64).status_code == 403


@pytest.mark.parametrize("page", PAGES)
def test_fault_107_admin_pages_are_kept_by_no_cache(admin: Visitor, page: str) -> None:
    answer = admin.get(page)
    assert answer.status_code == 200
    assert {"no-store", "private"} <= set(answer.headers["Cache-Control"].split(", "))


@pytest.mark.parametrize(
    "page", ["/admin/", "/admin/nowhere/", "/admin/login/", "/admin/sagui/stations/1/change/"]
)
def test_fault_107_neither_are_logins_redirects_and_errors(site: Site, page: str) -> None:
    answer = Visitor(site).get(page)
    assert answer.status_code in {200, 302, 404}
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("page", PAGES)
def test_fault_111_pages_bring_nothing_from_elsewhere(admin: Visitor, page: str) -> None:
    answer = admin.get(page)
    assert re.findall(r'(?:src|href|action)="(?:https?:)?//[^"]*"', answer.text) == []
    assert "<script>" not in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy
    assert "unsafe" not in policy
    assert ("worker-src 'self' blob:" in policy, policy.count("blob:")) == (page in MAPS, int(page in MAPS))


def test_the_configured_base_map_is_the_only_exception() -> None:
    directives = content_security_policy("https://{s}.tiles.example/{z}/{x}/{y}.png")["DIRECTIVES"]
    assert directives["img-src"] == ["'self'", "data:", "https://*.tiles.example"]
    assert content_security_policy("/tiles/{z}/{x}/{y}.png")["DIRECTIVES"]["img-src"] == ["'self'", "data:"]


def test_fault_106_logins_are_rate_limited_by_address(site: Site) -> None:
    def attempt(address: str, password: str) -> int:
        visitor = Visitor(site)
        visitor.session.headers["X-Forwarded-For"] = f"203.0.113.250, {address}"
        return visitor.post("/admin/login/", username="ana", password=password).status_code

    assert [attempt("198.51.100.7", "wrong") for _ in range(4)] == [200] * 4
    assert attempt("198.51.100.7", "wrong") == 429
    assert attempt("198.51.100.7", PASSWORD) == 429, "even the right password has to wait"
    assert attempt("198.51.100.8", PASSWORD) == 302, "others are not locked out"
    locked = Visitor(site)
    locked.session.headers.update({"X-Forwarded-For": "198.51.100.7", "Accept-Language": "fr"})
    page = locked.post("/admin/login/", username="ana", password=PASSWORD)
    assert "15 minutes" in page.text
    assert "Trop d" in page.text


@pytest.mark.parametrize(
    ("forwarded", "trusted", "address"),
    [
        ("", 1, "127.0.0.1"),
        ("198.51.100.1", 1, "198.51.100.1"),
        ("1.2.3.4, 198.51.100.1", 1, "198.51.100.1"),
        ("1.2.3.4, 198.51.100.1, 10.0.0.2", 2, "198.51.100.1"),
        ("10.0.0.2", 2, "10.0.0.2"),
        ("1.2.3.4", 0, "127.0.0.1"),
    ],
)
def test_what_a_client_says_of_itself_is_not_believed(
    forwarded: str, trusted: int, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_address, "settings", SimpleNamespace(SAGUI_TRUSTED_PROXIES=trusted))
    request = SimpleNamespace(headers={"X-Forwarded-For": forwarded}, META={"REMOTE_ADDR": "127.0.0.1"})
    assert client_address.client_address(request) == address


def test_fault_110_the_deployment_check_is_clean() -> None:
    settings = {"SAGUI_SECRET_KEY": "Tz1-" * 16 + "abcdefgh", "SAGUI_ALLOWED_HOSTS": "sagui.example"}
    done = subprocess.run(
        [sys.executable, "-m", "sagui_backend.manage", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=os.environ | settings,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_cookies_of_an_https_site_are_secure() -> None:
    code = (
        "import django; from django.conf import settings as s; django.setup();"
        "print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_HSTS_SECONDS, s.SESSION_COOKIE_HTTPONLY)"
    )
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "sagui_backend.config.settings",
        "SAGUI_DATABASE_ROLE": "none",
    }
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.stdout.split() == ["True", "True", "31536000", "True"], done.stderr
