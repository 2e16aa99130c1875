"""Watching what a page asks for and complains about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page


@contextmanager
def clean_page(
    browser: Browser, home: str, *, width: int = 1280, height: int = 900, language: str = "fr"
) -> Iterator[Page]:
    """A page of a fresh profile; in the end it must have had no error and asked nobody but `home`."""
    context = browser.new_context(viewport={"width": width, "height": height}, locale=language)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "requestfailed",
        lambda request: complaints.append(f"failed: {request.url}") if not _aborted(request) else None,
    )
    page.on(
        "response",
        lambda answer: complaints.append(f"{answer.status}: {answer.url}") if answer.status >= 400 else None,
    )
    page.on(
        "request",
        lambda request: (
            complaints.append(f"elsewhere: {request.url}") if not _is_home(request.url, home) else None
        ),
    )
    yield page
    context.close()
    assert complaints == [], complaints


def overflow(page: Page) -> int:
    """How many pixels the page is wider than the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def _is_home(url: str, home: str) -> bool:
    return url.startswith((home, "data:", "blob:"))


def _aborted(request: object) -> bool:
    # A map that moves on drops what it asked for.
    return "ERR_ABORTED" in str(getattr(request, "failure", ""))
