"""How old each loaded series is, in words for administrators."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from sagui_backend.api.freshness import Freshness
from sagui_backend.sagui.models import ImportState

SERIES = {
    "hyfaa_data_mgbstandard": _("flow, model only"),
    "hyfaa_data_assimilated": _("flow, with assimilated satellite levels"),
    "hyfaa_data_forecast": _("flow forecast"),
    "sagui_rainfall": _("rain"),
}


@dataclass(frozen=True)
class SeriesState:
    """State of one series.

    Attributes:
        table: its table.
        label: what it is.
        state: its last load; None when it was never loaded.
        last_date: newest day it holds.
        stale: that day is too long ago, or there is none.
    """

    table: str
    label: str
    state: ImportState | None
    last_date: date | None
    stale: bool

    @property
    def age(self) -> str:
        """Days since the newest day."""
        return age_of(self.last_date)


def series_states() -> list[SeriesState]:
    """State of every series, in a fixed order, whether it was loaded or not."""
    stored = ImportState.objects.in_bulk(list(SERIES))
    found = []
    for table, label in SERIES.items():
        state = stored.get(table)
        last_date = state.last_date if state else None
        found.append(SeriesState(table, str(label), state, last_date, Freshness.of(last_date).stale))
    return found


def age_of(day: date | None) -> str:
    """Days from a UTC day until today; a forecast reaches into the future."""
    if day is None:
        return str(_("no data"))
    days = (datetime.now(UTC).date() - day).days
    if days < 0:
        return ngettext("until %(days)d day ahead", "until %(days)d days ahead", -days) % {"days": -days}
    if days == 0:
        return str(_("today"))
    return ngettext("%(days)d day old", "%(days)d days old", days) % {"days": days}
