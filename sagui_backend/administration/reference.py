"""Reference periods, and the reference flows that are uploaded as a file."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from sagui_backend.administration.base import LabelledForm, ReadOnlyAdmin, RecordedAdmin, titled
from sagui_backend.administration.sql_text import statement
from sagui_backend.api.references import DAYS_OF_YEAR, most_zero_days
from sagui_backend.sagui.models import StationsReferenceFlow, StationsReferenceFlowPeriod

_UPLOAD_PERMISSIONS = ("sagui.add_stationsreferenceflow", "sagui.change_stationsreferenceflow")


@dataclass(frozen=True)
class Completeness:
    """How complete the series of a station in a period is.

    Attributes:
        station, period: their numbers.
        days: days that have a flow, of 366.
        zero_days: days of zero flow.
        most_zero_days: how many of them a usable series may have.
    """

    station: int
    period: int
    days: int
    zero_days: int
    most_zero_days: int

    @property
    def state(self) -> str:
        """`good`: levels are computed from it; `bad`: it is there but cannot be used; `none`: there is nothing."""
        if self.days == 0:
            return "none"
        return "good" if self.days == DAYS_OF_YEAR and self.zero_days <= self.most_zero_days else "bad"


class PeriodForm(LabelledForm):
    """A reference period."""

    class Meta:
        model = StationsReferenceFlowPeriod
        fields = ("period",)
        labels: ClassVar = {"period": _("period")}
        help_texts: ClassVar = {
            "period": _(
                "For example 2010-2020. Each station is compared with the newest period for which it has a flow "
                "on all 366 days; an empty period changes nothing."
            )
        }


@admin.register(StationsReferenceFlowPeriod)
class ReferencePeriodAdmin(RecordedAdmin):
    """Reference periods."""

    form = PeriodForm
    list_display = ("shown_period", "shown_provenance")
    ordering = ("-period",)

    @admin.display(description=_("period"), ordering="period")
    def shown_period(self, period: StationsReferenceFlowPeriod) -> str:
        """Period."""
        return period.period

    @admin.display(description=_("loaded from"), ordering="provenance", empty_value="–")
    def shown_provenance(self, period: StationsReferenceFlowPeriod) -> str | None:
        """Newest file that flows of the period came from."""
        return period.provenance or None


@admin.register(StationsReferenceFlow)
class ReferenceFlowAdmin(ReadOnlyAdmin):
    """Reference flows: looked at here, replaced by uploading a file."""

    list_display = ("shown_period", "shown_station", "shown_day", "shown_flow")
    list_display_links = None
    list_filter = (
        ("period", titled(admin.RelatedFieldListFilter, _("period"))),
        ("station", titled(admin.RelatedFieldListFilter, _("station"))),
    )
    list_select_related = ("period", "station")
    search_fields = ("=day_of_year",)
    search_help_text = _("day of the year, 1 to 366")
    ordering = ("-period__period", "station_id", "day_of_year")
    list_per_page = 366
    show_full_result_count = False

    @admin.display(description=_("period"), ordering="period__period")
    def shown_period(self, flow: StationsReferenceFlow) -> str:
        """Period."""
        return flow.period.period

    @admin.display(description=_("station"), ordering="station_id")
    def shown_station(self, flow: StationsReferenceFlow) -> str:
        """Station."""
        return flow.station.name

    @admin.display(description=_("day of the year"), ordering="day_of_year")
    def shown_day(self, flow: StationsReferenceFlow) -> int:
        """Day of the year."""
        return flow.day_of_year

    @admin.display(description=_("flow [m³/s]"), ordering="flow")
    def shown_flow(self, flow: StationsReferenceFlow) -> float:
        """Flow."""
        return flow.flow

    def get_queryset(self, request: HttpRequest) -> QuerySet[StationsReferenceFlow]:
        """Flows without the positions of their stations."""
        return super().get_queryset(request).defer("station__geom", "station__imported")

    def get_urls(self) -> list[URLPattern]:
        """The upload, before Django's own pages."""
        upload = self.admin_site.admin_view(self.import_csv)
        return [path("import-csv/", upload, name="sagui_stationsreferenceflow_import"), *super().get_urls()]

    def import_csv(self, request: HttpRequest) -> HttpResponseBase:
        """Upload, preview and confirmation."""
        if not request.user.has_perms(_UPLOAD_PERMISSIONS):
            raise PermissionDenied
        # Only this page needs pandas, which is slow to import.
        from sagui_backend.administration.reference_upload import upload_page  # noqa: PLC0415

        return upload_page(self, request)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """The list, below a table that says which series are complete."""
        context = {
            "completeness": completeness(),
            "may_upload": request.user.has_perms(_UPLOAD_PERMISSIONS),
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)


def completeness() -> dict[str, Any]:
    """Table of stations and periods; what is absent is a cell too."""
    with connection.cursor() as cursor:
        cursor.execute(statement("reference_completeness"))
        rows = cursor.fetchall()
    lines = [
        (
            name,
            [
                Completeness(station, period, days, zero, most_zero_days(formula))
                for *_, period, _label, days, zero in cells
            ],
        )
        for (station, name, formula), cells in groupby(rows, itemgetter(0, 1, 2))
    ]
    periods = list(dict.fromkeys(row[4] for row in rows))
    return {"periods": periods, "lines": lines, "days": DAYS_OF_YEAR}
