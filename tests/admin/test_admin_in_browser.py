"""The admin in a real browser."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsing import clean_page, overflow
from tests.web_site import ADMIN, PASSWORD, Site

pytestmark = pytest.mark.postgis

STATION = "/admin/sagui/stations/3/change/"
PHONE = (390, 844)


def enter(page: Page, site: Site) -> None:
    """Log in by the form."""
    page.goto(f"{site.url}/admin/login/?next=/admin/")
    page.fill("#id_username", ADMIN)
    page.fill("#id_password", PASSWORD)
    page.click("input[type=submit]")
    expect(page.locator("#user-tools")).to_contain_text(ADMIN)


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    """A page on which the administrator is logged in, in French."""
    with clean_page(browser, site.url) as opened:
        enter(opened, site)
        yield opened


def click_map(page: Page, x: float, y: float) -> None:
    """Click a point of the map, in shares of its size."""
    canvas = page.locator(".sagui-map-canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])


def stored(site: Site, columns: str) -> tuple[object, ...]:
    """Columns of the third station."""
    return site.database.query(f"SELECT {columns} FROM guyane.hyfaa_stations WHERE id = 3")[0]


def test_a_station_is_moved_and_put_on_another_river(site: Site, page: Page) -> None:
    page.goto(site.url + STATION)
    canvas = page.locator(".sagui-map-canvas")
    expect(canvas).to_have_attribute("data-minibasin", "4444")
    expect(canvas).to_have_attribute("data-rivers", re.compile(r"[1-9]"))
    assert page.input_value(".sagui-map-longitude") == "-54.34"

    click_map(page, 0.7, 0.3)
    page.get_by_role("button", name="Placer la station ici").click()
    moved = json.loads(page.input_value("#id_geom"))["coordinates"]
    assert moved[0] > -54.34
    assert moved[1] > 5.16

    page.locator(".select2-selection").click()
    page.locator(".select2-search__field").fill("4431")
    page.locator(".select2-results__option", has_text="4431").click()
    expect(canvas).to_have_attribute("data-minibasin", "4431")
    page.fill("#id_threshold_drought", "150,5")
    page.click("input[name=_save]")
    expect(page.locator(".messagelist .success")).to_be_visible()

    assert stored(site, "minibasin_id, threshold_drought") == (4431, 150.5)
    assert stored(site, "ST_X(geom), ST_Y(geom)") == (pytest.approx(moved[0]), pytest.approx(moved[1]))


def test_a_river_is_chosen_by_a_click(site: Site, page: Page) -> None:
    site.database.query("UPDATE guyane.hyfaa_stations SET minibasin_id = 4444, geom = NULL WHERE id = 3")
    page.goto(site.url + STATION)
    expect(page.locator(".sagui-map-canvas")).to_have_attribute("data-minibasin", "4444")
    # Without a position the map shows the whole river: its middle is on screen.
    point = page.evaluate(
        """async () => {
            const map = document.querySelector(".sagui-map").saguiMap;
            delete map.getContainer().dataset.rivers;
            map.setView([4.96, -54.3], 10, { animate: false });
            const answer = await fetch("/admin/sagui/hyfaadrainage/line.json?mini=4431");
            const [lng, lat] = (await answer.json()).features[0].geometry.coordinates[5];
            const { x, y } = map.latLngToContainerPoint([lat, lng]);
            const size = map.getSize();
            return [x / size.x, y / size.y];
        }"""
    )
    expect(page.locator(".sagui-map-canvas")).to_have_attribute("data-rivers", re.compile(r"[1-9]"))
    click_map(page, *point)
    page.get_by_role("button", name="Utiliser le minibassin 4431").click()
    expect(page.locator("#id_minibasin")).to_have_value("4431")
    page.fill(".sagui-map-longitude", "-54.3")
    page.fill(".sagui-map-latitude", "4.95")
    page.locator(".sagui-map-latitude").blur()
    page.click("input[name=_save]")
    expect(page.locator(".messagelist .success")).to_be_visible()
    assert stored(site, "minibasin_id, ST_X(geom), ST_Y(geom)") == (4431, -54.3, 4.95)


def test_without_tiles_the_form_says_so_and_works(site: Site, browser: Browser) -> None:
    context = browser.new_context(locale="fr")
    context.route("**/tiles/**", lambda route: route.fulfill(status=503))
    page = context.new_page()
    enter(page, site)
    page.goto(site.url + STATION)
    expect(page.locator(".sagui-map-note")).to_have_text(
        "Les cours d'eau ne peuvent pas être affichés pour le moment."
    )
    page.fill("#id_river", "Maroni")
    page.click("input[name=_save]")
    expect(page.locator(".messagelist .success")).to_be_visible()
    context.close()
    assert stored(site, "river") == ("Maroni",)


def test_saving_without_touching_the_map_keeps_the_position_exactly(site: Site, page: Page) -> None:
    site.database.query(
        "UPDATE guyane.hyfaa_stations SET geom = ST_SetSRID(ST_MakePoint(-54.3448251234567, 5.1559730987654), 4326)"
        " WHERE id = 3"
    )
    page.goto(site.url + STATION)
    page.fill("#id_river", "Marowijne")
    page.click("input[name=_save]")
    expect(page.locator(".messagelist .success")).to_be_visible()
    assert stored(site, "river, ST_X(geom), ST_Y(geom)") == ("Marowijne", -54.3448251234567, 5.1559730987654)


def test_a_wrong_threshold_is_explained_at_its_field(site: Site, page: Page) -> None:
    page.goto(site.url + STATION)
    page.fill("#id_threshold_flood_high", "100")
    page.click("input[name=_save]")
    message = page.locator(".field-threshold_flood_high .errorlist")
    expect(message).to_have_text(re.compile("Doit être supérieur au seuil de crue moyenne, 6123 m³/s."))


def test_a_mask_is_drawn(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/admin/sagui/hyfaageoinclusionmask/add/")
    page.fill("#id_name", "Est")
    page.get_by_role("button", name="Dessiner une zone").click()
    for x, y in ((0.2, 0.2), (0.6, 0.2), (0.6, 0.7), (0.2, 0.7), (0.2, 0.2)):
        click_map(page, x, y)
        page.wait_for_timeout(150)
    assert json.loads(page.input_value("#id_mask"))["type"] == "Polygon"
    page.click("input[name=_save]")
    expect(page.locator(".messagelist .success")).to_be_visible()
    rows = site.database.query(
        "SELECT name, ST_NPoints(mask), ST_IsValid(mask) FROM guyane.hyfaa_geo_inclusion_mask"
    )
    assert rows == [("Est", 5, True)]


def test_reference_flows_are_previewed_confirmed_and_reported(site: Site, page: Page, tmp_path: Path) -> None:
    file = tmp_path / "flows.csv"
    rows = [f"1990-2000,4323,{day},{day}.5" for day in range(1, 367)]
    file.write_text("\n".join(["ref_period,mini,day_of_year,flow", *rows, "1990-2000,77,1,5", ""]))
    page.goto(f"{site.url}/admin/sagui/stationsreferenceflow/")
    page.get_by_role("link", name="Envoyer un fichier CSV").click()
    page.set_input_files("#id_csv_file", file)
    page.get_by_role("button", name="Voir ce qui changerait").click()
    expect(page.locator(".sagui-totals")).to_contain_text("366 ajouts")
    expect(page.locator(".sagui-warning")).to_contain_text("77")
    assert site.database.query("SELECT count(*) FROM guyane.stations_reference_flow WHERE period_id = 3") == [
        (0,)
    ]
    page.get_by_role("button", name="Écrire ces modifications").click()
    expect(page.locator(".messagelist .success")).to_contain_text("366 ajoutés, 0 modifiés, 0 inchangés")
    assert site.database.query(
        "SELECT sum(flow) FROM guyane.stations_reference_flow WHERE period_id = 3"
    ) == [(sum(range(1, 367)) + 366 * 0.5,)]


def test_a_refused_file_shows_its_wrong_rows(site: Site, page: Page, tmp_path: Path) -> None:
    file = tmp_path / "flows.csv"
    file.write_text("ref_period,mini,day_of_year,flow\n1990-2000,4444,400,5\n")
    page.goto(f"{site.url}/admin/sagui/stationsreferenceflow/import-csv/")
    page.set_input_files("#id_csv_file", file)
    page.get_by_role("button", name="Voir ce qui changerait").click()
    expect(page.locator(".sagui-problems")).to_contain_text("day_of_year vaut '400'")
    expect(page.get_by_role("button", name="Écrire ces modifications")).to_have_count(0)


def test_a_colour_is_picked_with_its_opacity(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/admin/sagui/atmoalertcategories/Bon/change/")
    assert page.input_value(".sagui-colour-base") == "#00ffff"
    assert page.input_value(".sagui-colour-opacity") == str(0x89)
    page.locator(".sagui-colour-base").fill("#102030")
    page.locator(".sagui-colour-opacity").fill("64")
    assert page.input_value("#id_color") == "#10203040"
    page.click("input[name=_save]")
    rows = site.database.query("SELECT color FROM guyane.sagui_atmoalertcategories WHERE label = 'Bon'")
    assert rows == [("#10203040",)]


def test_the_language_is_switched_by_a_click(site: Site, page: Page) -> None:
    page.get_by_role("button", name="PT").click()
    expect(page.locator("#content")).to_contain_text("Estado dos dados")


@pytest.mark.parametrize(
    "address", ["/admin/", STATION, "/admin/sagui/stations/", "/admin/sagui/stationsreferenceflow/"]
)
def test_pages_fit_a_phone(browser: Browser, site: Site, address: str) -> None:
    with clean_page(browser, site.url, width=PHONE[0], height=PHONE[1]) as page:
        enter(page, site)
        page.goto(site.url + address)
        page.wait_for_load_state("networkidle")
        assert overflow(page) == 0
