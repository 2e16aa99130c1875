"""What messages point at exists, and every setting is described."""

from __future__ import annotations

import re

import pytest
from pydantic_settings import BaseSettings

from sagui_pipelines.alarms import run_events, series, tell_checks
from sagui_pipelines.alarms.settings import AlarmSettings
from sagui_pipelines.watchdog import signs
from sagui_pipelines.watchdog.settings import WatchdogSettings
from tests.conftest import ROOT

RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
PAGE = (ROOT / "docs" / "alarms.md").read_text()


@pytest.mark.parametrize("module", [run_events, series, tell_checks, signs])
def test_sections_of_the_runbook_exist(module: object) -> None:
    anchors = {title.lower().replace(" ", "-") for title in re.findall(r"^## (.+)$", RUNBOOK, re.MULTILINE)}
    assert module.RUNBOOK in anchors  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("prefix", "settings"), [("SAGUI_ALARM_", AlarmSettings), ("SAGUI_WATCHDOG_", WatchdogSettings)]
)
def test_every_setting_is_described(prefix: str, settings: type[BaseSettings]) -> None:
    described: set[str] = set()
    for cell in re.findall(r"^\| (`.+?) \|", PAGE, re.MULTILINE):
        first, *others = re.findall(r"`([A-Z_]+)`", cell)
        described.add(first)
        # `_PORT` after `SAGUI_ALARM_SMTP_HOST` stands for the variable whose last words it replaces.
        described |= {first[: first.rindex("_")] + other for other in others}
        described |= {prefix.removesuffix("_") + other for other in others}
    wanted = {f"{prefix}{name.upper()}" for name in settings.model_fields} - {f"{prefix}STATE_DIR"}
    assert wanted - described == set()
    assert {name for name in described if name.startswith(prefix)} >= wanted
