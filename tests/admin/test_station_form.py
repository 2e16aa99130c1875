"""Editing stations: thresholds, place, the rivers on the map."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.web_site import Site, Visitor

pytestmark = pytest.mark.postgis

APATOU = "/admin/sagui/stations/3/change/"
FIELDS: dict[str, Any] = {
    "name": "Apatou",
    "code": "apatou",
    "river": "Maroni",
    "minibasin": 4444,
    "threshold_drought": 138,
    "threshold_flood_low": 5071,
    "threshold_flood_mid": 6123,
    "threshold_flood_high": 7849,
    "geom": '{"type": "Point", "coordinates": [-54.34, 5.16]}',
}
THRESHOLDS = "threshold_drought, threshold_flood_low, threshold_flood_mid, threshold_flood_high"


def stored(site: Site, columns: str = THRESHOLDS) -> tuple[object, ...]:
    """Columns of the third station."""
    return site.database.query(f"SELECT {columns} FROM guyane.hyfaa_stations WHERE id = 3")[0]


def errors(page: str) -> list[str]:
    """Messages of a refused form."""
    lists = re.findall(r'<ul class="errorlist[^"]*"[^>]*>(.*?)</ul>', page, re.DOTALL)
    return [
        html.unescape(text) for found in lists for text in re.findall(r"<li>(.*?)</li>", found, re.DOTALL)
    ]


@pytest.fixture
def save(site: Site, admin: Visitor) -> Callable[..., list[str]]:
    """Save the third station with some fields changed; its messages if it is refused. It starts as seeded."""
    admin.post(APATOU, **FIELDS)

    def post(**changed: Any) -> list[str]:
        answer = admin.post(APATOU, **(FIELDS | changed))
        return [] if answer.status_code == 302 else errors(answer.text)

    return post


def test_thresholds_are_saved(site: Site, save: Callable[..., list[str]]) -> None:
    assert save(threshold_drought="140.5", threshold_flood_high="9000") == []
    assert stored(site) == (140.5, 5071.0, 6123.0, 9000.0)


@pytest.mark.parametrize("nothing", ["", "-9999", " -9999.0 "])
def test_fault_001_empty_and_minus_9999_mean_none(
    site: Site, save: Callable[..., list[str]], nothing: str
) -> None:
    assert save(threshold_flood_mid=nothing, threshold_flood_high=nothing) == []
    assert stored(site) == (138.0, 5071.0, None, None)


WRONG = {
    "mid below low": (
        {"threshold_flood_mid": 5000},
        "Must be larger than the threshold of low flood, 5071 m³/s.",
    ),
    "equal": ({"threshold_flood_low": 138}, "Must be larger than the threshold of drought, 138 m³/s."),
    "over a gap": (
        {"threshold_flood_mid": "", "threshold_flood_high": 4000},
        "Must be larger than the threshold of low flood, 5071 m³/s.",
    ),
    "negative": (
        {"threshold_drought": -3},
        "A threshold is a flow of 0 m³/s or more; leave it empty when there is none.",
    ),
    "text": ({"threshold_flood_low": "high"}, "Enter a number."),
    "not a number": ({"threshold_flood_low": "nan"}, "Enter a number."),
    "infinite": ({"threshold_flood_high": "inf"}, "Enter a number."),
}


@pytest.mark.parametrize("case", WRONG)
def test_fault_061_wrong_thresholds_are_refused_at_their_field(
    site: Site, save: Callable[..., list[str]], case: str
) -> None:
    changed, message = WRONG[case]
    assert save(**changed) == [message]
    assert stored(site) == (138.0, 5071.0, 6123.0, 7849.0)


@pytest.mark.parametrize(
    ("entered", "kept"),
    [("f ** 0.95 - 300", "f ** 0.95 - 300"), (" f/1.5-200 ", "f/1.5-200"), ("f", None), ("", None)],
)
def test_fault_006_the_formula_behind_the_references_is_kept(
    site: Site, save: Callable[..., list[str]], entered: str, kept: str | None
) -> None:
    assert save(reference_conversion=entered) == []
    assert stored(site, "reference_conversion") == (kept,)


@pytest.mark.parametrize("formula", ["f * f", "__import__('os')", "f ** 0"])
def test_fault_109_what_is_no_such_formula_is_refused(
    site: Site, save: Callable[..., list[str]], formula: str
) -> None:
    message = "This is no formula such as f / 1.5 - 200 or f ** 0.93 - 200."
    assert save(reference_conversion=formula) == [message]
    assert stored(site, "reference_conversion") == (None,)


def test_french_numbers_are_understood(site: Site) -> None:
    french = site.login(language="fr")
    assert french.post(APATOU, **(FIELDS | {"threshold_drought": "140,25"})).status_code == 302
    assert stored(site, "threshold_drought") == (140.25,)
    assert 'value="140,25"' in french.get(APATOU).text


def test_position_may_be_moved_and_removed(site: Site, save: Callable[..., list[str]]) -> None:
    assert save(geom='{"type":"Point","coordinates":[-54.3,5.1]}') == []
    assert stored(site, "ST_AsText(geom)") == ("POINT(-54.3 5.1)",)
    assert save(geom="") == []
    assert stored(site, "geom") == (None,)
    assert len(save(geom="somewhere")) == 1


def test_a_station_far_from_its_river_is_saved_with_a_warning(site: Site, admin: Visitor) -> None:
    answer = admin.post(APATOU, **(FIELDS | {"minibasin": 4239}))
    assert answer.status_code == 302
    assert "km from the river of minibasin 4239" in admin.get("/admin/sagui/stations/").text
    admin.post(APATOU, **FIELDS)


def test_unknown_minibasin_is_refused(site: Site, save: Callable[..., list[str]]) -> None:
    assert len(save(minibasin=99)) == 1
    assert stored(site, "minibasin_id") == (4444,)


def test_fault_099_the_form_does_not_list_every_river(admin: Visitor) -> None:
    page = admin.get(APATOU).text
    assert re.findall(r'<option value="(\d+)"', page) == ["4444"]
    found = admin.get(
        "/admin/autocomplete/", app_label="sagui", model_name="stations", field_name="minibasin", term="444"
    ).json()
    assert [entry["id"] for entry in found["results"]] == ["4444"]


LINE = "/admin/sagui/hyfaadrainage/line.json"


def test_the_whole_river_of_a_minibasin_as_geojson(admin: Visitor) -> None:
    answer = admin.get(LINE, mini=4444)
    assert answer.headers["Cache-Control"] == "private, max-age=300"
    [feature] = answer.json()["features"]
    assert (feature["id"], feature["geometry"]["type"]) == (4444, "LineString")
    assert len(feature["geometry"]["coordinates"]) == 11
    assert admin.get(LINE, mini=99).json() == {"type": "FeatureCollection", "features": []}


@pytest.mark.parametrize("query", [{}, {"mini": "a"}, {"mini": 0}, {"mini": 2**31}])
def test_what_is_no_minibasin_is_refused(admin: Visitor, query: dict[str, Any]) -> None:
    assert admin.get(LINE, **query).status_code == 400


def test_rivers_need_a_permission(site: Site) -> None:
    assert Visitor(site).get(LINE, mini=4444).status_code == 302
    site.add_user("clerk", "view_alertsubscriptions")
    assert site.login("clerk").get(LINE, mini=4444).status_code == 403
    site.add_user("editor", "change_stations", "view_stations")
    editor = site.login("editor")
    assert editor.get(LINE, mini=4444).status_code == 200
    assert editor.get(APATOU).status_code == 200
    assert editor.get("/admin/sagui/saguiconfig/").status_code == 403
