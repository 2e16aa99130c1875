"""The four blocks of the overview: their numbers, and the names and colours of levels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from sagui_backend.api.dashboard import sections
from sagui_backend.api.levels import UNKNOWN
from sagui_backend.sagui.models import AtmoAlertCategories

COLOURS = {
    "n": "rgb(0,235,108)",
    **dict.fromkeys(("d1", "f1", "r1"), "rgb(255,235,59)"),
    **dict.fromkeys(("d2", "f2", "r2"), "rgb(253,122,0)"),
    **dict.fromkeys(("d3", "f3", "r3"), "rgb(255,69,56)"),
    UNKNOWN: "rgb(173,181,189)",
}
AIR_CODES = tuple(f"a{rank}" for rank in range(6))
LEVEL_NAMES = {
    "n": _("normal"),
    "d1": _("slight drought"),
    "d2": _("drought"),
    "d3": _("severe drought"),
    "f1": _("low flood"),
    "f2": _("medium flood"),
    "f3": _("high flood"),
    "r1": _("moderate rain"),
    "r2": _("heavy rain"),
    "r3": _("extreme rain"),
    UNKNOWN: _("unknown"),
}
NORMAL, ALERT, NOT_KNOWN = "Normal", "En alerte", "Inconnu"
SUMMARY_NAMES = {NORMAL: _("normal"), ALERT: _("in alert"), NOT_KNOWN: _("unknown")}
_CALM = ("n", "a0")


@dataclass(frozen=True)
class Block:
    """One theme of the overview.

    Attributes:
        key: prefix of the ids of its data in the page.
        title, unit: what it shows, and what is counted.
        code: global alert code; None when it is unknown.
        histogram: number of places per code.
        data_date: day of the data.
        stale: that day is too long ago, or there are no data.
    """

    key: str
    title: str
    unit: str
    code: str | None
    histogram: Mapping[str, int]
    data_date: date | None
    stale: bool

    @property
    def summary(self) -> dict[str, int]:
        """Places that are calm, in alert, and unknown; keys are part of the page's contract."""
        calm = sum(self.histogram.get(code, 0) for code in _CALM)
        unknown = self.histogram.get(UNKNOWN, 0)
        return {NORMAL: calm, ALERT: sum(self.histogram.values()) - calm - unknown, NOT_KNOWN: unknown}

    @property
    def has_data(self) -> bool:
        """True when at least one level is known."""
        return sum(self.histogram.values()) > self.histogram.get(UNKNOWN, 0)


_THEMES = (
    ("flow_alerts", "alerts", _("Flow"), _("stations")),
    ("flow_previ", "forecast", _("Flow in 5 days"), _("stations")),
    ("rain_alerts", "rain", _("Rain"), _("minibasins")),
    ("atmo_alerts", "atmo", _("Air"), _("pixels")),
)


def overview() -> list[Block]:
    """The blocks in display order; a theme without data is there, and says so."""
    found: dict[str, tuple[dict[str, Any], date | None, bool]] = {
        entry["id"]: (entry, freshness.data_date, freshness.stale) for entry, freshness in sections()
    }
    nothing = ({"alert_code": None, "histogram": {}}, None, True)
    blocks = []
    for entry_id, key, title, unit in _THEMES:
        entry, data_date, stale = found.get(entry_id, nothing)
        blocks.append(Block(key, title, unit, entry["alert_code"], entry["histogram"], data_date, stale))
    return blocks


def colours(categories: list[AtmoAlertCategories]) -> dict[str, str]:
    """Colour by code; those of air come from its categories."""
    return COLOURS | {code: category.color for code, category in _by_code(categories).items()}


def names(categories: list[AtmoAlertCategories], language: str) -> dict[str, str]:
    """Name of each level in a language."""
    air = {code: _label(category, language) for code, category in _by_code(categories).items()}
    return {code: str(name) for code, name in LEVEL_NAMES.items()} | air


def _by_code(categories: list[AtmoAlertCategories]) -> dict[str, AtmoAlertCategories]:
    return {category.alert_code or f"a{rank}": category for rank, category in enumerate(categories)}


def _label(category: AtmoAlertCategories, language: str) -> str:
    labels = {"fr": category.label_fr, "en": category.label_en, "pt-br": category.label_pt}
    return labels.get(language) or category.label
