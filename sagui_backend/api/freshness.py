"""Of which day data are, and whether that is too long ago to be called today's situation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.conf import settings

from sagui_backend.api.queries import DataState


@dataclass(frozen=True)
class Freshness:
    """Age of the data in an answer.

    Attributes:
        data_date: UTC day of the data; None when there are none.
        stale: the day is further back than SAGUI_STALE_AFTER_DAYS, or there are no data.
    """

    data_date: date | None
    stale: bool

    @classmethod
    def of(cls, data_date: date | None) -> Freshness:
        """Freshness of data of a day, now."""
        limit = timedelta(days=settings.SAGUI_STALE_AFTER_DAYS)
        return cls(data_date, data_date is None or datetime.now(UTC).date() - data_date > limit)

    def headers(self) -> dict[str, str]:
        """Response headers; without data there is no date."""
        dated = {} if self.data_date is None else {"X-Data-Date": self.data_date.isoformat()}
        return dated | {"X-Data-Stale": "true" if self.stale else "false"}

    def keys(self) -> dict[str, str | bool | None]:
        """Additional keys of a dashboard entry."""
        return {"data_date": self.data_date.isoformat() if self.data_date else None, "stale": self.stale}


def of_forecast(state: DataState) -> Freshness:
    """Freshness of a forecast: the older of its issue day and the newest observed day."""
    known = [state.observed, state.issued]
    return Freshness.of(None if None in known else min(day for day in known if day is not None))


def oldest(parts: Iterable[Freshness]) -> Freshness:
    """Freshness of an answer made of several parts: the oldest date, stale when one part is."""
    known = list(parts)
    dates = [part.data_date for part in known if part.data_date is not None]
    return Freshness(min(dates, default=None), any(part.stale for part in known))
