"""A running backend for tests that click and post, and the little territory it shows."""

from __future__ import annotations

import base64
import hashlib
import math
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import requests
from playwright.sync_api import Browser, sync_playwright
from psycopg2.extras import execute_values

from tests.conftest import ROOT, Database, free_port

ADMIN = "ana"
PASSWORD = "a long enough password"  # noqa: S105
PERIODS = ("2010-2020", "2000-2010")
# Name, river, latitude, longitude, minibasin, thresholds: drought, low, medium, high.
STATIONS = (
    ("Maripasoula", "Lawa", 3.64, -54.03, 4323, 56, 2280, 2590, None),
    ("Grand Santi", "Lawa", 4.27, -54.38, 4410, 40, 2840, 3535, None),
    ("Apatou", "Maroni", 5.16, -54.34, 4444, 138, 5071, 6123, 7849),
    ("Saut Maripa", "Oyapock", 3.80, -51.89, 4360, 71, 2616, 3159, 4049),
    ("Regina", "Approuague", 4.19, -52.32, 4239, 79, 679, None, None),
    ("Saut Sabbat", "Mana", 5.39, -53.67, 4382, None, None, None, None),
)


@dataclass(frozen=True)
class Site:
    """A running backend.

    Attributes:
        url: its address.
        database: its database.
    """

    url: str
    database: Database

    def login(self, name: str = ADMIN, password: str = PASSWORD, language: str = "en") -> Visitor:
        """A visitor who is logged in."""
        visitor = Visitor(self, language)
        answer = visitor.post("/admin/login/", username=name, password=password)
        assert answer.status_code == 302, answer.text
        return visitor

    def add_user(self, name: str, *permissions: str, superuser: bool = False) -> None:
        """A staff member with some permissions, such as `change_stations`."""
        self.database.query(
            "INSERT INTO guyane.auth_user (username, password, is_superuser, is_staff, is_active, first_name, last_name,"
            " email, date_joined) VALUES (%s, %s, %s, true, true, '', '', '', now())",
            name,
            _hashed(PASSWORD),
            superuser,
        )
        for permission in permissions:
            self.database.query(
                "INSERT INTO guyane.auth_user_user_permissions (user_id, permission_id) SELECT u.id, p.id"
                " FROM guyane.auth_user u, guyane.auth_permission p WHERE u.username = %s AND p.codename = %s",
                name,
                permission,
            )


class Visitor:
    """A browser without a window: cookies, forms with their token, no redirects unless wanted."""

    def __init__(self, site: Site, language: str = "en") -> None:
        self.site = site
        self.session = requests.Session()
        self.session.headers["Accept-Language"] = language

    def get(self, path: str, **query: Any) -> requests.Response:
        """One page."""
        return self.session.get(self.site.url + path, params=query, allow_redirects=False, timeout=30)

    def post(self, path: str, *, files: dict[str, Any] | None = None, **fields: Any) -> requests.Response:
        """Send the form of a page."""
        if "csrftoken" not in self.session.cookies:
            self.get("/admin/login/")
        token = self.session.cookies.get("csrftoken", "")
        return self.session.post(
            self.site.url + path,
            data={"csrfmiddlewaretoken": token} | fields,
            files=files,
            allow_redirects=False,
            timeout=60,
        )


@contextmanager
def running_site(database: Database, folder: Path, **variables: str) -> Iterator[Site]:
    """The backend under gunicorn, with an administrator who may do everything."""
    port = free_port()
    environment = os.environ | {
        "SAGUI_API_DATABASE_URL": database.url("api"),
        "DATABASE_URL": database.url("tileserv"),
        "SAGUI_SECRET_KEY": secrets.token_urlsafe(48),
        "SAGUI_ALLOWED_HOSTS": "127.0.0.1",
        "SAGUI_TLS": "false",
        **variables,
    }
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--threads", "4"]
    log = folder / "gunicorn.log"
    with log.open("wb") as stream:
        server = subprocess.Popen(
            [*command, "--worker-tmp-dir", str(folder), "tests.web_app:application"],
            cwd=ROOT,
            env=environment,
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
    site = Site(f"http://127.0.0.1:{port}", database)
    try:
        _wait(site, server, log)
        site.add_user(ADMIN, superuser=True)
        yield site
    finally:
        server.terminate()
        server.wait(timeout=30)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A real browser without a window, that talks to this machine only."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no browser: install the package chromium")
    flags = (
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
    )  # fmt: skip
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=list(flags))
        yield browser
        browser.close()


class Territory:
    """Rows of a small territory, written as the owner."""

    def __init__(self, database: Database, today: date | None = None) -> None:
        self.database = database
        self.today = today or datetime.now(UTC).date()

    def fill(self) -> None:
        """Rivers, stations, references and all series."""
        self.geography()
        self.stations()
        self.references()
        self.flow()
        self.rain()

    def geography(self) -> None:
        """Nine minibasins up the river of each station, each with a square of land."""
        lines, areas, attributes = [], [], []
        for number, (*_, latitude, longitude, mini, _d, _l, _m, _h) in enumerate(STATIONS):
            for step in range(9):
                cell = mini - 13 * step
                south = latitude - 0.2 * step
                points = [
                    (
                        longitude + 0.05 * math.sin(7 * (south - 0.02 * part)) + 0.03 * step,
                        south - 0.02 * part,
                    )
                    for part in range(11)
                ]
                lines.append(
                    (cell, f"SRID=4326;LINESTRING({','.join(f'{x:.5f} {y:.5f}' for x, y in points)})")
                )
                x, y = points[5]
                square = f"{x - 0.1} {y - 0.1},{x + 0.1} {y - 0.1},{x + 0.1} {y + 0.1},{x - 0.1} {y + 0.1},{x - 0.1} {y - 0.1}"
                areas.append((cell, number + 1, f"SRID=4326;POLYGON(({square}))"))
                attributes.append((cell, 20 - step, number + 1, 200 - 20 * step, 5))
        self._write("hyfaa_drainage", "mini, geom", lines)
        self._write("hyfaa_catchments", "mini, sub, geom", areas)
        self._write("hyfaa_minibasins_data", "mini, ordem, sub, width, depth", attributes)
        self.database.query("REFRESH MATERIALIZED VIEW guyane.sagui_reaches")

    def stations(self) -> None:
        """The stations."""
        rows = [
            (name.lower().replace(" ", "-"), name, river, mini, *levels, f"SRID=4326;POINT({x} {y})")
            for name, river, y, x, mini, *levels in STATIONS
        ]
        columns = (
            "code, name, river, minibasin_id, threshold_drought, threshold_flood_low, threshold_flood_mid,"
            " threshold_flood_high, geom"
        )
        self._write("hyfaa_stations", columns, rows)

    def references(self) -> None:
        """Reference flows; those of the last station are all zero, so they are not used."""
        stored = self.database.query("SELECT id, minibasin_id FROM guyane.hyfaa_stations ORDER BY id")
        periods = self.database.query(
            "SELECT id FROM guyane.stations_reference_flow_period WHERE period = ANY(%s)", list(PERIODS)
        )
        rows = [
            (period, day, station, 0 if index == len(stored) - 1 else round(usual(index, day), 1))
            for (period,) in periods
            for index, (station, _) in enumerate(stored)
            for day in range(1, 367)
        ]
        self._write("stations_reference_flow", "period_id, day_of_year, station_id, flow", rows)

    def flow(self) -> None:
        """40 observed days and 10 of forecast, rising above the reference on one river and falling on another."""
        for offset in range(-39, 11):
            day = self.today + timedelta(days=offset)
            rows = []
            for index, (*_, mini, _d, _l, _m, _h) in enumerate(STATIONS):
                share = 1 + 0.02 * (index - 2) * (offset + 15) / 2
                flow = max(usual(index, day.timetuple().tm_yday) * share, 0.5)
                rows.append((mini, day, flow, flow, flow * 0.05, flow * 1.1))
            if offset > 0:
                columns = "cell_id, date, flow_mean, flow_median, flow_mad, flow_expected"
                self._write("hyfaa_data_forecast", columns, rows)
                continue
            for table in ("hyfaa_data_assimilated", "hyfaa_data_mgbstandard"):
                self.database.query("SELECT guyane.create_series_partition(%s, %s)", table, day.year)
            columns = "cell_id, date, flow_mean, flow_median, flow_mad, flow_expected"
            self._write("hyfaa_data_assimilated", columns, rows)
            plain = [(cell, when, mean, expected) for cell, when, mean, _median, _mad, expected in rows]
            self._write("hyfaa_data_mgbstandard", "cell_id, date, flow_mean, flow_expected", plain)
            self._loaded(("hyfaa_data_assimilated", "hyfaa_data_mgbstandard"), day)
        self._loaded(("hyfaa_data_forecast",), self.today)

    def rain(self) -> None:
        """15 days of rain."""
        cells = [
            cell for (cell,) in self.database.query("SELECT mini FROM guyane.hyfaa_drainage ORDER BY mini")
        ]
        for offset in range(-14, 1):
            day = self.today + timedelta(days=offset)
            self.database.query("SELECT guyane.create_series_partition('sagui_rainfall', %s)", day.year)
            rain = [
                (cell, day, 1.5 * (index % 20) + (45 if index == 7 else 0))
                for index, cell in enumerate(cells)
            ]
            self._write("sagui_rainfall", "cell_id, date, rain", rain)
            self._loaded(("sagui_rainfall",), day)
        self.database.query("REFRESH MATERIALIZED VIEW guyane.hyfaa_catchments_shown")

    def _loaded(self, tables: tuple[str, ...], day: date) -> None:
        for table in tables:
            self.database.query(
                "INSERT INTO guyane.sagui_importday (tablename, date, row_count) VALUES (%s, %s, 1)"
                " ON CONFLICT DO NOTHING",
                table,
                day,
            )
            self.database.query(
                "INSERT INTO guyane.sagui_importstate (tablename, last_date, row_count, n_cells) VALUES (%s, %s, 1, 54)"
                " ON CONFLICT (tablename) DO UPDATE SET last_date = excluded.last_date",
                table,
                day,
            )

    def _write(self, table: str, columns: str, rows: list[tuple[Any, ...]]) -> None:
        connection = psycopg2.connect(self.database.url("owner"))
        with connection, connection.cursor() as cursor:
            execute_values(cursor, f"INSERT INTO guyane.{table} ({columns}) VALUES %s", rows, page_size=5000)
        connection.close()


def usual(index: int, day: int) -> float:
    """Usual flow of a station on a day of the year [m3/s]."""
    return (60 + 420 * index) * (1.6 + math.sin((day - 40) / 366 * 2 * math.pi))


def _hashed(password: str) -> str:
    # Few rounds: tests log in often. Django brings them up on the first login.
    digest = hashlib.pbkdf2_hmac("sha256", password.encode(), b"salt", 1000)
    return f"pbkdf2_sha256$1000$salt${base64.b64encode(digest).decode()}"


def _wait(site: Site, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        if server.poll() is not None:
            raise AssertionError(log.read_text())
        try:
            requests.get(f"{site.url}/api/health/live", timeout=5)
        except (requests.ConnectionError, requests.Timeout):
            time.sleep(0.1)
        else:
            return
    raise AssertionError(log.read_text())
