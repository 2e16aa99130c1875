"""Configuration, subscriptions, categories, masks, and the pages that only show."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.admin.test_station_form import errors
from tests.web_site import Site, Visitor

pytestmark = pytest.mark.postgis

SUBSCRIPTION = "/admin/sagui/alertsubscriptions/add/"
CATEGORY = "/admin/sagui/atmoalertcategories/"


def test_fault_072_there_is_exactly_one_configuration(site: Site, admin: Visitor) -> None:
    listed = admin.get("/admin/sagui/saguiconfig/").text
    assert 'name="use_dataset"' in listed, "the list is the form itself"
    assert admin.get("/admin/sagui/saguiconfig/add/").status_code == 403
    assert admin.get("/admin/sagui/saguiconfig/1/delete/").status_code == 403
    assert "deletelink" not in listed
    assert admin.post("/admin/sagui/saguiconfig/", use_dataset="assimilated", max_ordem=9).status_code == 302
    assert site.database.query("SELECT * FROM guyane.sagui_saguiconfig") == [(1, 9, "assimilated")]


@pytest.mark.parametrize(
    "wrong", [{"use_dataset": "other"}, {"max_ordem": -1}, {"max_ordem": ""}, {"max_ordem": "x"}]
)
def test_wrong_configuration_is_refused(site: Site, admin: Visitor, wrong: dict[str, Any]) -> None:
    before = site.database.query("SELECT * FROM guyane.sagui_saguiconfig")
    answer = admin.post(
        "/admin/sagui/saguiconfig/1/change/", **({"use_dataset": "assimilated", "max_ordem": 5} | wrong)
    )
    assert answer.status_code == 200
    assert len(errors(answer.text)) == 1
    assert site.database.query("SELECT * FROM guyane.sagui_saguiconfig") == before


INCOMPLETE = {
    "air": ({"atmo_active": "on"}, "Choose from which air category on to write, or switch air alerts off."),
    "rain": (
        {"rain_active": "on", "rain_level": "0"},
        "Choose from which rain on to write, or switch rain alerts off.",
    ),
    "blank rain": (
        {"rain_active": "on", "rain_level": ""},
        "Choose from which rain on to write, or switch rain alerts off.",
    ),
    "flow": ({"stations_flow_active": "on"}, "Choose at least one station, or switch station alerts off."),
    "forecast": (
        {"stations_forecasts_active": "on"},
        "Choose at least one station, or switch station alerts off.",
    ),
    "address": ({"email": "nobody"}, "Enter a valid email address."),
}


@pytest.mark.parametrize("case", INCOMPLETE)
def test_fault_137_a_subscription_that_could_never_be_sent_is_refused(admin: Visitor, case: str) -> None:
    changed, message = INCOMPLETE[case]
    fields = {"email": "a@example.org", "language": "fr", "rain_level": "5"} | changed
    answer = admin.post(SUBSCRIPTION, **fields)
    assert answer.status_code == 200
    assert errors(answer.text) == [message]


def test_a_complete_subscription_is_saved(site: Site, admin: Visitor) -> None:
    fields = {
        "email": "b@example.org", "language": "pt-br", "stations_flow_active": "on", "stations_watch": [1, 3],
        "rain_active": "on", "rain_level": "20", "atmo_active": "on", "atmo_level": "Mauvais",
    }  # fmt: skip
    assert admin.post(SUBSCRIPTION, **fields).status_code == 302
    stored = site.database.query(
        "SELECT language, rain_level, atmo_level_id FROM guyane.sagui_alertsubscriptions WHERE email = 'b@example.org'"
    )
    assert stored == [("pt-br", "20", "Mauvais")]
    watched = site.database.query(
        "SELECT stations_id FROM guyane.sagui_alertsubscriptions_stations_watch ORDER BY 1"
    )
    assert watched == [(1,), (3,)]
    page = admin.get("/admin/sagui/alertsubscriptions/b_40example.org/change/").text
    assert 'name="email"' not in page, "the address is the key"


CATEGORY_FIELDS = {
    "label": "Pire", "bounds_min": 10000, "bounds_max": 20000, "alert_code": "", "color": "#12345678",
}  # fmt: skip
WRONG_CATEGORIES = {
    "fault 061, overlap": ({"bounds_min": 1.4}, "The bounds overlap those of the category Très mauvais."),
    "reversed": ({"bounds_min": 30000}, "Must be larger than the lower bound."),
    "colour": ({"color": "red"}, "A colour is written #RRGGBBAA."),
    "code": ({"alert_code": "z9"}, "The alert code is one of a0, a1, a2, a3, a4, a5."),
}


@pytest.mark.parametrize("case", WRONG_CATEGORIES)
def test_wrong_categories_are_refused(admin: Visitor, case: str) -> None:
    changed, message = WRONG_CATEGORIES[case]
    answer = admin.post(f"{CATEGORY}add/", **(CATEGORY_FIELDS | changed))
    assert answer.status_code == 200
    assert errors(answer.text) == [message]


def test_fault_071_renaming_a_category_does_not_make_another(site: Site, admin: Visitor) -> None:
    assert admin.post(f"{CATEGORY}add/", **CATEGORY_FIELDS).status_code == 302
    fields = CATEGORY_FIELDS | {"label": "Other", "label_fr": "Pire que tout"}
    assert admin.post(f"{CATEGORY}Pire/change/", **fields).status_code == 302
    rows = site.database.query(
        "SELECT label, label_fr FROM guyane.sagui_atmoalertcategories WHERE bounds_min > 5000"
    )
    assert rows == [("Pire", "Pire que tout")]
    assert "#12345678" in admin.get(CATEGORY).text


def test_a_mask_is_saved_and_a_crossed_one_refused(site: Site, admin: Visitor) -> None:
    address = "/admin/sagui/hyfaageoinclusionmask/add/"
    square = '{"type":"Polygon","coordinates":[[[-54,3],[-53,3],[-53,4],[-54,4],[-54,3]]]}'
    crossed = '{"type":"Polygon","coordinates":[[[-54,3],[-53,4],[-53,3],[-54,4],[-54,3]]]}'
    assert admin.post(address, name="Maroni", mask=square).status_code == 302
    assert site.database.query("SELECT name, ST_Area(mask) FROM guyane.hyfaa_geo_inclusion_mask") == [
        ("Maroni", 1.0)
    ]
    refused = admin.post(address, name="", mask=crossed)
    assert errors(refused.text) == ["The border of the area crosses itself; draw it anew."]


def test_fault_004_an_empty_period_may_be_added(site: Site, admin: Visitor) -> None:
    """It changes no level: those come from the newest period that is complete, station by station."""
    before = admin.get("/api/v1/flow_previ/stations").json()["results"]
    assert admin.post("/admin/sagui/stationsreferenceflowperiod/add/", period="2020-2030").status_code == 302
    assert admin.get("/api/v1/flow_previ/stations").json()["results"] == before


@pytest.mark.parametrize("table", ["importstate", "importlog", "publication"])
def test_what_programs_write_cannot_be_edited(admin: Visitor, table: str) -> None:
    assert admin.get(f"/admin/sagui/{table}/").status_code == 200
    assert admin.get(f"/admin/sagui/{table}/add/").status_code == 403


def test_fault_099_age_and_last_error_of_the_data_are_visible(site: Site, admin: Visitor) -> None:
    site.database.query(
        "UPDATE guyane.sagui_importstate SET last_date = current_date - 9, last_error = 'DATA_1.nc: <cut short>. Copy it.',"
        " last_error_at = now(), update_errors = 1 WHERE tablename = 'sagui_rainfall'"
    )
    site.database.query(
        "INSERT INTO guyane.sagui_importlog (tablename, run_id, first_date, last_date, rows_staged, error)"
        " VALUES ('sagui_rainfall', 'run-1', '2026-01-01', '2026-01-02', 7, 'refused')"
    )
    for page in ("/admin/", "/admin/sagui/importstate/"):
        shown = admin.get(page).text
        assert re.search(r'class="sagui-bad">9 days old</span>', shown)
        assert "DATA_1.nc: &lt;cut short&gt;. Copy it." in shown
        assert len(re.findall(r'class="sagui-good">today</span>', shown)) == 3
    assert "DATA_1.nc" in admin.get("/admin/sagui/importstate/sagui_5Frainfall/change/").text
    logged = admin.get("/admin/sagui/importlog/", errors="yes").text
    assert "2026-01-01 – 2026-01-02" in logged
    assert "refused" in logged
    assert "0 log of imports" in admin.get("/admin/sagui/importlog/", errors="no").text


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fr", ["Crue faible", "Minibassin", "Seuils", "Stations et cours d&#x27;eau", "Enregistrer"]),
        ("en", ["Low flood", "Minibasin", "Thresholds", "Stations and rivers", "Save"]),
        ("pt-BR", ["Cheia baixa", "Minibacia", "Limiares", "Estações e rios", "Salvar"]),
    ],
)
def test_the_admin_speaks_three_languages(site: Site, language: str, words: list[str]) -> None:
    page = site.login(language=language).get("/admin/sagui/stations/1/change/").text
    assert [word for word in words if word not in page] == []


def test_the_language_can_be_switched(site: Site) -> None:
    visitor = site.login(language="fr")
    assert "Seuils" in visitor.get("/admin/sagui/stations/1/change/").text
    answer = visitor.post("/admin/language", language="pt-br", next="/admin/")
    assert answer.headers["Location"] == "/admin/"
    assert "Limiares" in visitor.get("/admin/sagui/stations/1/change/").text
    assert (
        visitor.post("/admin/language", language="en", next="https://elsewhere.example/").headers["Location"]
        == "/"
    )
