"""Screenshots of the play: Dagster's timeline of the week, and the mails as a reader shows them."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from playwright.sync_api import sync_playwright

from tools.native.errors import LaunchError

_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


def take(dagster: str, mails: Iterable[Path], folder: Path) -> None:
    """Photograph the timeline, the runs and every mail.

    Args:
        dagster: address of the running UI.
        mails: HTML parts of the mails.
        folder: where the pictures go.

    Raises:
        LaunchError: there is no Chromium.
    """
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        raise LaunchError("There is no browser.", "Install one: apt-get install chromium.")
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=_FLAGS)
        page = browser.new_page(viewport={"width": 1500, "height": 1000})
        for name, path in {
            "timeline": "overview/activity/timeline",
            "runs": "runs",
            "sensors": "automation",
        }.items():
            page.goto(f"{dagster}/{path}", wait_until="networkidle")
            page.wait_for_timeout(4_000)
            page.screenshot(path=folder / f"dagster-{name}.png")
        reader = browser.new_page(viewport={"width": 900, "height": 420})
        for mail in mails:
            reader.goto(mail.resolve().as_uri())
            reader.screenshot(path=folder / f"{mail.stem}.png", full_page=True)
        browser.close()
