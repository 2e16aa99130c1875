"""What the dashboards hold, and what they do without data."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from typing import Any

import pytest
import requests

from sagui_backend.api.levels import FLOW_LEVELS, FORECAST_LEVELS, RAIN_LEVELS
from tests.web_site import STATIONS, Site, Territory

pytestmark = pytest.mark.postgis

BLOCKS = ("alerts", "forecast", "rain", "atmo")
IDS = ["flow_colors", *(f"{block}_{kind}" for block in BLOCKS for kind in ("data_summary", "histogram"))]
DATA_TABLES = (
    "hyfaa_data_assimilated", "hyfaa_data_mgbstandard", "hyfaa_data_forecast", "sagui_rainfall", "sagui_importday",
)  # fmt: skip


def get(site: Site, path: str = "/dashboards/", **query: str) -> requests.Response:
    """A page, as a browser without history asks for it."""
    answer = requests.get(site.url + path, params=query, timeout=30, headers={"Accept": "text/html"})
    assert answer.status_code == 200, answer.text
    return answer


def data(page: str) -> dict[str, Any]:
    """JSON elements of a page by id."""
    found = re.findall(r'<script id="(\w+)" type="application/json">(.*?)</script>', page, re.DOTALL)
    return {name: json.loads(text) for name, text in found}


def cells(page: str) -> list[list[tuple[str, str]]]:
    """Class and value of the cells of each row of the table of stations."""
    rows = re.findall(r"<tr>(.*?)</tr>", page.partition("<tbody>")[2], re.DOTALL)
    return [re.findall(r'<td class="(\w+)" data-value="([^"]*)"', row) for row in rows]


def test_the_page_holds_the_data_of_four_blocks(site: Site) -> None:
    found = data(get(site).text)
    assert [name for name in IDS if name not in found] == []
    assert list(found["alerts_histogram"]) == [*FLOW_LEVELS, "unknown"]
    assert list(found["forecast_histogram"]) == [*FORECAST_LEVELS, "unknown"]
    assert list(found["rain_histogram"]) == [*RAIN_LEVELS, "unknown"]
    for block in ("alerts", "forecast", "rain"):
        summary, histogram = found[f"{block}_data_summary"], found[f"{block}_histogram"]
        assert list(summary) == ["Normal", "En alerte", "Inconnu"]
        assert sum(summary.values()) == sum(histogram.values())
        assert summary["Normal"] == histogram["n"]
        assert summary["Inconnu"] == histogram["unknown"]
    assert found["alerts_data_summary"] == {"Normal": 3, "En alerte": 2, "Inconnu": 1}


def test_numbers_are_those_of_the_api(site: Site) -> None:
    found = data(get(site).text)
    entries = {
        entry["id"]: entry for entry in requests.get(f"{site.url}/api/v1/dashboard", timeout=30).json()
    }
    assert found["alerts_histogram"] == entries["flow_alerts"]["histogram"]
    assert found["forecast_histogram"] == entries["flow_previ"]["histogram"]
    assert found["rain_histogram"] == entries["rain_alerts"]["histogram"]


def test_colours_are_those_of_the_contract(site: Site) -> None:
    colours = data(get(site).text)["flow_colors"]
    assert colours["n"] == "rgb(0,235,108)"
    assert {colours[code] for code in ("d1", "f1", "r1")} == {"rgb(255,235,59)"}
    assert {colours[code] for code in ("d2", "f2", "r2")} == {"rgb(253,122,0)"}
    assert {colours[code] for code in ("d3", "f3", "r3")} == {"rgb(255,69,56)"}
    assert [colours[f"a{rank}"] for rank in range(6)] == [
        "#00FFFF89", "#54C372FF", "#FFFF00FF", "#EA4335FF", "#980000FF", "#674EA7FF",
    ]  # fmt: skip


def test_fault_021_the_day_of_the_data_is_shown(site: Site) -> None:
    today = Territory(site.database).today.isoformat()
    for path in ("/dashboards/", "/dashboards/flow/"):
        page = get(site, path).text
        assert f'datetime="{today}"' in page
        assert 'class="stale"' not in page


@pytest.mark.parametrize(
    ("language", "title", "lang"),
    [
        ({}, "Situation des cours d'eau", "fr"),
        ({"lang": "en"}, "Situation of the rivers", "en"),
        ({"lang": "pt-br"}, "Situação dos rios", "pt-br"),
        ({"lang": "xx"}, "Situation des cours d'eau", "fr"),
    ],
)
def test_fault_098_pages_are_french_unless_the_address_says_otherwise(
    site: Site, language: dict[str, str], title: str, lang: str
) -> None:
    headers = {"Accept-Language": "en", "Cookie": "django_language=en"}
    answer = requests.get(f"{site.url}/dashboards/", params=language, headers=headers, timeout=30)
    assert f"<h1>{title}</h1>" in answer.text
    assert f'<html lang="{lang}">' in answer.text
    assert answer.headers["Content-Language"] == lang


@pytest.mark.parametrize("path", ["/dashboards/", "/dashboards/flow/"])
def test_one_copy_serves_everybody(site: Site, path: str) -> None:
    answer = get(site, path)
    assert "Vary" not in answer.headers
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "public, max-age=30"
    assert answer.headers["xkey"] == "api", "emptied together with the API"
    assert re.findall(r'(?:src|href)="(?:https?:)?//[^"]*"', answer.text) == [], "fault 111"
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


def test_the_table_has_one_row_per_station_and_one_column_per_day(site: Site) -> None:
    page = get(site, "/dashboards/flow/").text
    names = re.findall(r'<th scope="row" data-value="([^"]+)"', page)
    assert names == sorted((name for name, *_ in STATIONS), reverse=True)
    days = re.findall(r'<button type="button"><time datetime="([^"]+)"', page)
    today = Territory(site.database).today
    assert days == [(today + timedelta(days=offset)).isoformat() for offset in range(-9, 11)]
    assert len(days) <= 25
    rows = dict(zip(names, cells(page), strict=True))
    assert {len(row) for row in rows.values()} == {len(days)}
    assert {level for level, _ in rows["Saut Sabbat"]} == {"unknown"}, (
        "fault 005: an all-zero reference gives no level"
    )
    assert rows["Maripasoula"][-1][0] == "d3"
    assert "falling" in get(site, "/dashboards/flow/", lang="en").text


def test_the_table_agrees_with_the_api(site: Site) -> None:
    page = get(site, "/dashboards/flow/").text
    names = re.findall(r'<th scope="row" data-value="([^"]+)"', page)
    rows = dict(zip(names, cells(page), strict=True))
    listed = requests.get(f"{site.url}/api/v1/flow_previ/stations", timeout=30).json()["results"]["features"]
    levels = {feature["properties"]["name"]: feature["properties"]["levels"] for feature in listed}
    wanted = [(day["level"], str(day["flow"])) for day in reversed(levels["Grand Santi"])]
    assert rows["Grand Santi"] == wanted


@pytest.mark.parametrize(
    "path", ["/dashboards.json", "/dashboards", "/dashboards/flow", "/dashboards/flow.json"]
)
def test_fault_089_pages_have_no_other_formats(site: Site, path: str) -> None:
    assert requests.get(site.url + path, timeout=30, allow_redirects=False).status_code == 404


MISSING = {
    "forecast": "DELETE FROM guyane.hyfaa_data_forecast; DELETE FROM guyane.sagui_importday WHERE tablename = 'hyfaa_data_forecast'",
    "rain": "DELETE FROM guyane.sagui_rainfall; DELETE FROM guyane.sagui_importday WHERE tablename = 'sagui_rainfall'",
    "references": "DELETE FROM guyane.stations_reference_flow",
    "categories": "DELETE FROM guyane.sagui_atmoalertcategories",
    "series": "; ".join(f"DELETE FROM guyane.{table}" for table in DATA_TABLES),
    "stations": "DELETE FROM guyane.hyfaa_stations",
    "rivers": "DELETE FROM guyane.hyfaa_drainage",
}


def test_fault_098_each_block_does_without_its_data(site: Site) -> None:
    """One thing after another goes missing; the others stay."""
    page = get(site, lang="en").text
    for what, statement in MISSING.items():
        site.database.query(statement)
        page = get(site, lang="en").text
        assert [name for name in IDS if name not in data(page)] == [], what
        get(site, "/dashboards/flow/")
        if what in {"forecast", "rain", "references"}:
            assert data(page)["alerts_histogram"]["d2"] == 1, what
    assert page.count("There are no data.") == 4
    assert "There are no stations." in get(site, "/dashboards/flow/", lang="en").text


def test_fault_021_old_data_are_marked(site: Site) -> None:
    for table in ("hyfaa_catchments", "hyfaa_minibasins_data"):
        site.database.query(f"DELETE FROM guyane.{table}")
    territory = Territory(site.database, Territory(site.database).today - timedelta(days=5))
    territory.fill()
    page = get(site, lang="en").text
    assert page.count('class="stale"') == 3
    table = get(site, "/dashboards/flow/", lang="en").text
    assert "These data are old" in table.replace("&#x27;", "'")
    assert (
        date.fromisoformat(re.findall(r'<p class="date">.*?datetime="([^"]+)"', table)[0]) == territory.today
    )
