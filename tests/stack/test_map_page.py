"""The map page in a real browser, on the running platform."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from tests.web_site import chromium
from tools.native.stack import Stack

pytestmark = pytest.mark.stack
WIDE = {"width": 1280, "height": 800}
PHONE = {"width": 375, "height": 700}
LANGUAGES = {"fr": "Débits", "en": "Flow", "pt": "Vazões"}
RELATIVE_ERROR = 1e-3
# How fast the page is is for bench/map_page.py: without a graphics card and on a busy machine it takes its time.
expect.set_options(timeout=60_000)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium."""
    with chromium() as started:
        yield started


class Shown:
    """A page that is open, and what its console said."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(url)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and "GPU stall" not in message.text:
            self.complaints.append(message.text)

    def wait_for(self, theme: str, measure: str) -> str:
        """Wait until a theme is painted; the day shown."""
        expect(self.page.locator("body")).to_have_attribute(
            "data-shown", re.compile(rf"^{theme}/{measure}/\d{{4}}-\d\d-\d\d$")
        )
        return self.day

    @property
    def day(self) -> str:
        """The day painted."""
        return str(self.page.locator("body").get_attribute("data-shown")).split("/")[2]

    def moves_on_from(self, day: str) -> None:
        """Wait until another day is painted."""
        expect(self.page.locator("body")).not_to_have_attribute("data-shown", re.compile(f"/{day}$"))


@pytest.fixture
def shown(browser: Browser, stack: Stack) -> Iterator[Shown]:
    """The page as an English reader opens it."""
    page = browser.new_page(viewport=WIDE, locale="en-GB")
    opened = Shown(page, f"{stack.layout.url('edge')}/")
    yield opened
    page.close()
    assert opened.complaints == []


def query(stack: Stack, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """Rows of the stack's database."""
    connection = psycopg2.connect(stack.cluster.url("owner"))
    with connection, connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows = cursor.fetchall()
    connection.close()
    return rows


def stations(stack: Stack) -> int:
    """Number of stations."""
    [(count,)] = query(stack, "SELECT count(*) FROM guyane.hyfaa_stations")
    assert count > 0
    return int(count)


def test_the_map_opens_on_the_newest_day(shown: Shown, stack: Stack) -> None:
    day = shown.wait_for("flow", "anomaly")
    newest = query(stack, "SELECT max(date) FROM guyane.hyfaa_data_assimilated")[0][0]
    assert day == newest.isoformat()
    expect(shown.page.locator("#age")).to_contain_text("Data of")
    expect(shown.page.locator("#notice")).to_be_hidden()
    expect(shown.page.locator(".station")).to_have_count(stations(stack))


def test_every_reach_has_the_value_of_the_database(shown: Shown, stack: Stack) -> None:
    day = shown.wait_for("flow", "anomaly")
    painted = shown.page.evaluate(
        """async (day) => {
             const { Values } = await import("/backend_static/portal/data.js");
             const { reaches } = await (await Values.open()).load("flow", "flow", day);
             return Array.from(reaches.ids, (id, place) => [id, reaches.numbers[place]]);
           }""",
        day,
    )
    rows = dict(
        query(stack, "SELECT cell_id, flow_median FROM guyane.hyfaa_data_assimilated WHERE date = %s", day)
    )
    assert len(rows) > 100
    assert {cell for cell, _ in painted} >= set(rows)
    found = dict(painted)
    for cell, flow in rows.items():
        assert found[cell] == pytest.approx(flow, rel=RELATIVE_ERROR, abs=RELATIVE_ERROR)


@pytest.mark.parametrize(
    ("theme", "measure"), [("flow", "flow"), ("forecast", "anomaly"), ("rain", "anomaly")]
)
def test_each_theme_paints_its_day(shown: Shown, stack: Stack, theme: str, measure: str) -> None:
    shown.wait_for("flow", "anomaly")
    if measure == "flow":
        shown.page.get_by_label("Flow", exact=True).nth(1).check(force=True)
    else:
        shown.page.locator(f"input[name=theme][value={theme}]").check(force=True)
    shown.wait_for(theme, measure)
    title = {"flow": "Flow [m³/s]", "forecast": "Departure", "rain": "Rain of the day [mm]"}[theme]
    expect(shown.page.locator("#legend-title")).to_contain_text(title)
    expect(shown.page.locator(".station")).to_have_count(0 if theme == "rain" else stations(stack))


def test_days_are_chosen_by_keyboard_and_play(shown: Shown) -> None:
    newest = shown.wait_for("flow", "anomaly")
    slider = shown.page.locator("#slider")
    slider.press("ArrowLeft")
    shown.moves_on_from(newest)
    assert shown.day < newest
    slider.press("Home")
    first = str(slider.get_attribute("aria-valuetext"))
    shown.page.locator("#play").click()
    expect(shown.page.locator("#play")).to_have_attribute("aria-label", "Pause")
    expect(slider).not_to_have_attribute("aria-valuetext", first)
    shown.page.locator("#play").click()
    expect(shown.page.locator("#play")).to_have_attribute("aria-pressed", "false")


def test_the_forecast_is_told_from_what_was_computed(shown: Shown) -> None:
    shown.wait_for("flow", "anomaly")
    shown.page.locator("input[name=theme][value=forecast]").check(force=True)
    newest = shown.wait_for("forecast", "anomaly")
    expect(shown.page.locator("#day")).not_to_contain_text("forecast")
    shown.page.locator("#slider").press("End")
    shown.moves_on_from(newest)
    assert shown.day > newest
    expect(shown.page.locator("#day")).to_contain_text("forecast")
    expect(shown.page.locator("#age")).to_contain_text("Forecast issued on")


def test_a_station_opens_its_chart(shown: Shown) -> None:
    shown.wait_for("flow", "anomaly")
    station = shown.page.locator(".station").first
    name = str(station.get_attribute("aria-label")).split(" : ")[0]
    station.focus()
    shown.page.keyboard.press("Enter")
    chart = shown.page.locator("#chart")
    expect(chart.locator("h2")).to_have_text(name)
    for words in (
        "computed",
        "forecast",
        "spread of the forecast",
        "normal of the season",
        "drought threshold",
    ):
        expect(chart.locator("#chart-key")).to_contain_text(words)
    expect(chart.locator("#chart-reference")).to_be_visible()
    assert shown.page.request.get(shown.page.url.split("#")[0].rstrip("/") + str(
        chart.locator("#chart-csv").get_attribute("href"))).status == 200  # fmt: skip
    reading = chart.locator("#chart-reading").text_content()
    chart.locator("svg").press("ArrowRight")
    expect(chart.locator("#chart-reading")).not_to_have_text(str(reading))
    shown.page.keyboard.press("Escape")
    expect(chart).to_be_hidden()


def test_a_reach_opens_its_chart(shown: Shown, stack: Stack) -> None:
    shown.wait_for("flow", "anomaly")
    # The widest river, at a place between two stations' buttons, found as a reader would: by clicking on its line.
    (longitude, latitude), *_ = query(
        stack,
        "SELECT ST_X(point), ST_Y(point) FROM (SELECT ST_LineInterpolatePoint(ST_GeometryN(ST_Multi(d.geom), 1), 0.5)"
        " AS point FROM guyane.hyfaa_drainage d JOIN guyane.hyfaa_minibasins_data m USING (mini)"
        " WHERE NOT EXISTS (SELECT FROM guyane.hyfaa_stations s WHERE ST_DWithin(s.geom, d.geom, 0.15))"
        " ORDER BY m.width DESC LIMIT 1) AS widest",
    )
    place = shown.page.evaluate(
        "async ([x, y]) => { const { x: left, y: top } = window.sagui.project([x, y]);"
        " return [left, top]; }", [longitude, latitude],
    )  # fmt: skip
    shown.page.locator("#map canvas").click(position={"x": place[0], "y": place[1]})
    expect(shown.page.locator("#chart h2")).to_contain_text("Reach")
    expect(shown.page.locator("#chart-key")).to_contain_text("rain")
    expect(shown.page.locator("#chart-facts")).to_contain_text("m wide")


def test_a_reach_is_opened_by_keyboard(shown: Shown) -> None:
    shown.wait_for("flow", "anomaly")
    canvas = shown.page.locator("#map canvas")
    expect(canvas).to_have_attribute("aria-label", re.compile("Enter opens the reach nearest to its middle"))
    canvas.focus()
    shown.page.keyboard.press("ArrowRight")
    shown.page.keyboard.press("Enter")
    expect(shown.page.locator("#chart h2")).to_contain_text("Reach")
    shown.page.keyboard.press("Escape")
    expect(shown.page.locator("#chart")).to_be_hidden()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_speaks_three_languages(shown: Shown, language: str) -> None:
    shown.wait_for("flow", "anomaly")
    shown.page.locator("#language").select_option(language)
    expect(shown.page.locator("#themes")).to_contain_text(LANGUAGES[language])
    assert shown.page.evaluate("document.documentElement.lang") == language
    untold = shown.page.locator("[data-text]:visible").evaluate_all(
        "all => all.filter(one => !one.textContent.trim()).map(one => one.dataset.text)"
    )
    assert untold == []


def test_an_address_brings_back_what_was_shown(shown: Shown, browser: Browser) -> None:
    shown.wait_for("flow", "anomaly")
    shown.page.locator("input[name=theme][value=forecast]").check(force=True)
    newest = shown.wait_for("forecast", "anomaly")
    shown.page.locator("#slider").press("End")
    shown.moves_on_from(newest)
    address, day = shown.page.url, shown.day
    again = Shown(browser.new_page(viewport=WIDE), address)
    assert again.wait_for("forecast", "anomaly") == day
    again.page.close()
    assert again.complaints == []


def test_the_page_fits_a_phone(browser: Browser, stack: Stack) -> None:
    page = browser.new_page(viewport=PHONE, has_touch=True, locale="fr")
    shown = Shown(page, f"{stack.layout.url('edge')}/")
    shown.wait_for("flow", "anomaly")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.locator(".station").first.dispatch_event("click")
    expect(page.locator("#chart h2")).to_be_visible()
    box = page.locator("#chart").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE["width"]
    page.close()
    assert shown.complaints == []


def test_nothing_is_asked_of_other_servers(browser: Browser, stack: Stack) -> None:
    page = browser.new_page(viewport=WIDE)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    shown = Shown(page, f"{stack.layout.url('edge')}/")
    shown.wait_for("flow", "anomaly")
    page.close()
    edge = stack.layout.url("edge")
    assert len(asked) > 10
    assert [url for url in asked if not url.startswith((edge, "data:", "blob:"))] == []


def test_old_data_and_a_silent_server_are_told(browser: Browser, stack: Stack) -> None:
    page = browser.new_page(viewport=WIDE, locale="en-GB")
    page.route("**/api/v1/dashboard.json", _aged)
    page.goto(f"{stack.layout.url('edge')}/")
    expect(page.locator("#notice")).to_contain_text("Caution: the newest data are of")
    expect(page.locator("#age")).to_have_class("stale")
    page.unroute("**/api/v1/dashboard.json")
    page.route("**/api/values/", lambda route: route.abort())
    page.reload()
    expect(page.locator("#notice")).to_contain_text("cannot be loaded")
    page.close()


def test_a_day_that_did_not_come_is_painted_when_it_does(browser: Browser, stack: Stack) -> None:
    page = browser.new_page(viewport=WIDE, locale="en-GB")
    page.clock.install()
    shown = Shown(page, f"{stack.layout.url('edge')}/")
    shown.wait_for("flow", "anomaly")
    page.route("**/api/values/rain*/**", lambda route: route.abort())
    page.locator("input[name=theme][value=rain]").check(force=True)
    expect(page.locator("#notice")).to_contain_text("cannot be loaded")
    page.unroute("**/api/values/rain*/**")
    page.clock.fast_forward(20_000)
    shown.wait_for("rain", "anomaly")
    expect(page.locator("#notice")).to_be_hidden()
    page.close()


def _aged(route: Any) -> None:
    answer = route.fetch()
    route.fulfill(json=[{**entry, "stale": True} for entry in answer.json()])
