"""Health and admin, over HTTP, with the API's database role."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from tests.backend.conftest import manage, manage_python, web_environment
from tests.conftest import Database

pytestmark = pytest.mark.postgis


def test_live(web: str) -> None:
    answer = requests.get(f"{web}/api/health/live", timeout=10)
    assert (answer.status_code, answer.json()) == (200, {"status": "live"})
    assert "no-store" in answer.headers["Cache-Control"]


def test_ready_tells_the_age_of_each_series(web: str, module_database: Database) -> None:
    today = datetime.now(UTC).date()
    newest = today - timedelta(days=2)
    module_database.query(
        "INSERT INTO sagui_importday (tablename, date, row_count) VALUES "
        "('sagui_rainfall', %s, 5), ('sagui_rainfall', %s, 0)",
        newest,
        today,
        role="pipelines",
    )
    answer = requests.get(f"{web}/api/health/ready", timeout=10)
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ready",
        "problems": [],
        "series": {
            "hyfaa_data_mgbstandard": None,
            "hyfaa_data_assimilated": None,
            "hyfaa_data_forecast": None,
            "sagui_rainfall": {"date": newest.isoformat(), "age_days": 2},
        },
    }


def test_not_ready_when_sql_files_are_of_another_version(web: str, module_database: Database) -> None:
    reverse = "UPDATE sagui_sqlstate SET sha256 = reverse(sha256) WHERE name LIKE '100%'"
    module_database.query(reverse)
    try:
        answer = requests.get(f"{web}/api/health/ready", timeout=10)
        assert answer.status_code == 503
        assert "apply_sql" in answer.json()["problems"][0]
    finally:
        module_database.query(reverse)
    assert requests.get(f"{web}/api/health/ready", timeout=10).status_code == 200


def test_not_ready_when_the_database_refuses(web: str, module_database: Database) -> None:
    module_database.query("REVOKE SELECT ON sagui_importday FROM sagui_api")
    try:
        answer = requests.get(f"{web}/api/health/ready", timeout=10)
        assert answer.status_code == 503
        assert answer.json()["problems"] == ["the database cannot be read"]
        assert requests.get(f"{web}/api/health/live", timeout=10).status_code == 200
    finally:
        module_database.query("GRANT SELECT ON sagui_importday TO sagui_api")


def test_unknown_host_is_refused(web: str) -> None:
    assert (
        requests.get(f"{web}/admin/login/", headers={"Host": "evil.example"}, timeout=10).status_code == 400
    )


@pytest.fixture(scope="module")
def admin(web: str, module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> requests.Session:
    """A session of an administrator."""
    pass_phrase = secrets.token_urlsafe(16)
    done = manage(
        "createsuperuser", "--noinput", "--username", "root", "--email", "root@example.org",
        DJANGO_SUPERUSER_PASSWORD=pass_phrase,
        **web_environment(module_database, tmp_path_factory.mktemp("static")),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    session = requests.Session()
    session.headers["Accept-Language"] = "en"
    session.get(f"{web}/admin/login/", timeout=10)
    answer = session.post(
        f"{web}/admin/login/?next=/admin/",
        data={
            "username": "root",
            "password": pass_phrase,
            "csrfmiddlewaretoken": session.cookies["csrftoken"],
        },
        timeout=10,
    )
    assert answer.status_code == 200
    assert "/admin/logout/" in answer.text
    return session


def test_admin_needs_a_login(web: str) -> None:
    answer = requests.get(f"{web}/admin/sagui/stations/", allow_redirects=False, timeout=10)
    assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/admin/login/")


@pytest.mark.parametrize(
    "model",
    [
        "stations", "hyfaageoinclusionmask", "stationsreferenceflowperiod", "atmoalertcategories", "saguiconfig",
        "alertsubscriptions", "importstate", "importlog", "publication",
    ],
)  # fmt: skip
def test_admin_lists(web: str, admin: requests.Session, model: str) -> None:
    answer = admin.get(f"{web}/admin/sagui/{model}/", timeout=10)
    assert answer.status_code == 200


def test_admin_pages_load_nothing_from_elsewhere(web: str, admin: requests.Session) -> None:
    for page in ("stations/add/", "hyfaageoinclusionmask/add/", "alertsubscriptions/add/"):
        text = admin.get(f"{web}/admin/sagui/{page}", timeout=10).text
        assert re.findall(r"""(?:src|href)=["'](?:https?:)?//[^"']+""", text) == []


def post(admin: requests.Session, address: str, **fields: str) -> requests.Response:
    """Answer to a form."""
    admin.get(address, timeout=10)
    data = fields | {"csrfmiddlewaretoken": admin.cookies["csrftoken"]}
    return admin.post(address, data=data, timeout=10, allow_redirects=False)


def test_admin_changes_the_configuration(
    web: str, admin: requests.Session, module_database: Database
) -> None:
    address = f"{web}/admin/sagui/saguiconfig/1/change/"
    assert post(admin, address, max_ordem="9", use_dataset="mgbstandard").status_code == 302
    assert module_database.query("SELECT max_ordem, use_dataset FROM sagui_saguiconfig") == [
        (9, "mgbstandard")
    ]
    assert admin.get(f"{web}/admin/sagui/saguiconfig/add/", timeout=10).status_code == 403


def test_admin_adds_a_station_and_a_mask(
    web: str, admin: requests.Session, module_database: Database
) -> None:
    module_database.query(
        "INSERT INTO hyfaa_drainage VALUES (7, ST_GeomFromText('LINESTRING(0 0, 1 1)', 4326))"
    )
    station = {
        "code": "new",
        "name": "New",
        "minibasin": "7",
        "geom": "POINT(-53 4)",
        "threshold_drought": "5",
    }
    address = f"{web}/admin/sagui/stations/add/"
    wrong = post(admin, address, **station, threshold_flood_low="4")
    assert wrong.status_code == 200
    assert "Must be larger than the threshold of drought" in wrong.text
    assert post(admin, address, **station).status_code == 302
    assert module_database.query(
        "SELECT code, minibasin_id, ST_AsText(geom), ST_SRID(geom), threshold_flood_low FROM hyfaa_stations"
    ) == [("new", 7, "POINT(-53 4)", 4326, None)]
    mask = post(
        admin, f"{web}/admin/sagui/hyfaageoinclusionmask/add/", name="m", mask="POLYGON((0 0, 1 0, 1 1, 0 0))"
    )
    assert mask.status_code == 302
    assert module_database.query("SELECT name FROM hyfaa_geo_inclusion_mask") == [("m",)]


def test_admin_refuses_a_subscription_that_could_not_be_sent(web: str, admin: requests.Session) -> None:
    address = f"{web}/admin/sagui/alertsubscriptions/add/"
    wrong = post(admin, address, email="a@example.org", language="fr", atmo_active="on", rain_level="0")
    assert wrong.status_code == 200
    assert "Choose from which air category" in wrong.text
    assert (
        post(
            admin, address, email="a@example.org", language="fr", rain_active="on", rain_level="20"
        ).status_code
        == 302
    )


def test_secure_cookies_behind_tls(module_database: Database, tmp_path: Path) -> None:
    code = (
        "import django; django.setup(); from django.test import Client; "
        "page = Client().get('/admin/login/', headers={'host': '127.0.0.1', 'x-forwarded-proto': 'https'}); "
        "print(page.cookies['csrftoken']['secure'], page.headers['Strict-Transport-Security'])"
    )
    environment = web_environment(module_database, tmp_path) | {"SAGUI_TLS": "true"}
    done = manage_python(code, **environment)
    assert done.stdout.split() == ["True", "max-age=31536000"], done.stderr
