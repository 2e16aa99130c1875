"""The dashboards in a real browser, on a desk and in a hand."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browsing import clean_page, overflow
from tests.web_site import STATIONS, Site

pytestmark = pytest.mark.postgis

SIZES = {"desktop": (1280, 900), "phone": (390, 844), "small phone": (320, 568)}


@pytest.mark.parametrize("size", SIZES)
def test_the_overview_draws_its_charts(browser: Browser, site: Site, size: str) -> None:
    width, height = SIZES[size]
    with clean_page(browser, site.url, width=width, height=height) as page:
        page.goto(f"{site.url}/dashboards/")
        expect(page.locator("#block-alerts .pie path")).to_have_count(3)
        expect(page.locator("#block-alerts .bars rect")).to_have_count(6)
        expect(page.locator("#block-forecast .bars rect")).to_have_count(8)
        expect(page.locator("#block-rain .bars rect")).to_have_count(4)
        expect(page.locator("#block-atmo .nothing")).to_be_visible()
        expect(page.locator("#block-alerts .pie svg")).to_have_attribute(
            "aria-label", re.compile(r"normal: 50\s%, en alerte: 33\s%, inconnu: 17\s%")
        )
        assert overflow(page) == 0
        for chart in page.locator(".chart svg").all():
            box = chart.bounding_box()
            assert box is not None
            assert box["width"] > 100
            assert box["x"] + box["width"] <= width


def test_labels_of_the_charts_are_not_cut_off(browser: Browser, site: Site) -> None:
    for language in ("fr", "en", "pt-br"):
        with clean_page(browser, site.url) as page:
            page.goto(f"{site.url}/dashboards/?lang={language}")
            expect(page.locator("#block-rain .bars rect")).to_have_count(4)
            outside = page.evaluate(
                """() => [...document.querySelectorAll(".chart svg")].flatMap((svg) => {
                    const frame = svg.getBoundingClientRect();
                    return [...svg.querySelectorAll("text")].filter((text) => {
                        const box = text.getBoundingClientRect();
                        return box.left < frame.left - 1 || box.right > frame.right + 1;
                    }).map((text) => text.textContent);
                })"""
            )
            assert outside == [], language


@pytest.mark.parametrize("size", SIZES)
def test_the_table_is_readable_and_sorts(browser: Browser, site: Site, size: str) -> None:
    width, height = SIZES[size]
    with clean_page(browser, site.url, width=width, height=height) as page:
        page.goto(f"{site.url}/dashboards/flow/")
        names = page.locator("tbody th")
        first = sorted(name for name, *_ in STATIONS)
        expect(names).to_have_count(len(STATIONS))
        assert overflow(page) == 0, "the table scrolls in its own frame"
        expect(page.locator("th.forecast").first).to_be_in_viewport()
        page.locator("thead button").first.click()
        assert [name.get_attribute("data-value") for name in names.all()] == first
        page.locator("th.forecast button").first.click()
        column = page.locator("thead th").count() - 10
        flows = [
            float(row.locator("td").nth(column - 1).get_attribute("data-value") or "nan")
            for row in page.locator("tbody tr").all()
        ]
        assert flows == sorted(flows, reverse=True)
        expect(page.locator("th.forecast").first).to_have_attribute("aria-sort", "descending")


def test_languages_and_pages_are_linked(browser: Browser, site: Site) -> None:
    with clean_page(browser, site.url) as page:
        page.goto(f"{site.url}/dashboards/")
        page.get_by_role("link", name="EN").click()
        expect(page.locator("h1")).to_have_text("Situation of the rivers")
        page.get_by_role("link", name="All stations →").first.click()
        expect(page.locator("h1")).to_have_text("Flow of the stations")
        expect(page).to_have_url(f"{site.url}/dashboards/flow/?lang=en")


def test_the_table_can_be_sorted_from_the_keyboard(browser: Browser, site: Site) -> None:
    with clean_page(browser, site.url) as page:
        page.goto(f"{site.url}/dashboards/flow/")
        page.locator("thead button").first.focus()
        page.keyboard.press("Enter")
        expect(page.locator("thead th").first).to_have_attribute("aria-sort", "ascending")
