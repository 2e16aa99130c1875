"""What operators were told of, when, and whether it is over; only to be looked at."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Count, F, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from sagui_backend.administration.base import ReadOnlyAdmin, titled
from sagui_backend.sagui.models import Incident

_WAITING = Q(messages__sent_at__isnull=True, messages__abandoned_at__isnull=True, messages__isnull=False)


class _IsOpen(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, _request: object, _model_admin: object) -> list[tuple[str, str]]:
        return [("open", _("open")), ("closed", _("closed"))]

    def queryset(self, _request: object, queryset: QuerySet[Incident]) -> QuerySet[Incident]:
        if self.value() in {"open", "closed"}:
            return queryset.filter(closed_at__isnull=self.value() == "open")
        return queryset


@admin.register(Incident)
class IncidentAdmin(ReadOnlyAdmin):
    """Incidents, the open ones first."""

    list_display = ("shown_title", "state", "degree", "opened", "closed", "times", "told")
    list_filter = (_IsOpen, ("severity", titled(admin.ChoicesFieldListFilter, _("severity"))))
    fields = (
        "shown_title", "state", "degree", "shown_fact", "shown_remedy", "shown_source", "affected", "opened", "seen",
        "closed", "times", "told", "shown_key",
    )  # fmt: skip
    date_hierarchy = "opened_at"
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Incident]:
        """Incidents with the number of their messages."""
        counts = {
            "sent": Count("messages", filter=Q(messages__sent_at__isnull=False)),
            "waiting": Count("messages", filter=_WAITING),
        }
        found: QuerySet[Incident] = super().get_queryset(request)
        return found.annotate(**counts).order_by(F("closed_at").desc(nulls_first=True), "-id")

    @admin.display(description=_("what"))
    def shown_title(self, incident: Incident) -> str:
        """Title."""
        return incident.title

    @admin.display(description=_("state"))
    def state(self, incident: Incident) -> SafeString:
        """Open or closed."""
        over = incident.closed_at is not None
        return format_html(
            '<span class="{}">{}</span>',
            "sagui-good" if over else "sagui-bad",
            _("closed") if over else _("open"),
        )

    @admin.display(description=_("severity"), ordering="severity")
    def degree(self, incident: Incident) -> str:
        """Severity."""
        return str(_("problem") if incident.severity == Incident.Severity.ERROR else _("warning"))

    @admin.display(description=_("since"), ordering="opened_at")
    def opened(self, incident: Incident) -> object:
        """When it began."""
        return incident.opened_at

    @admin.display(description=_("until"), ordering="closed_at", empty_value="–")
    def closed(self, incident: Incident) -> object:
        """When it ended."""
        return incident.closed_at

    @admin.display(description=_("seen last"))
    def seen(self, incident: Incident) -> object:
        """When it was reported last."""
        return incident.last_seen_at

    @admin.display(description=_("times reported"), ordering="occurrences")
    def times(self, incident: Incident) -> int:
        """How often it was reported; people were told once."""
        return incident.occurrences

    @admin.display(description=_("messages"))
    def told(self, incident: Incident) -> str:
        """Messages sent, and those that wait."""
        sent = ngettext("%(count)d sent", "%(count)d sent", incident.sent) % {"count": incident.sent}
        if not incident.waiting:
            return sent
        waiting = ngettext("%(count)d waiting", "%(count)d waiting", incident.waiting) % {
            "count": incident.waiting
        }
        return f"{sent}, {waiting}"

    @admin.display(description=_("fact"))
    def shown_fact(self, incident: Incident) -> str:
        """Fact."""
        return incident.fact

    @admin.display(description=_("what to do"), empty_value="–")
    def shown_remedy(self, incident: Incident) -> str:
        """Remedy."""
        return incident.remedy

    @admin.display(description=_("concerns"), empty_value="–")
    def shown_source(self, incident: Incident) -> str:
        """Source."""
        return incident.source

    @admin.display(description=_("not well yet"), empty_value="–")
    def affected(self, incident: Incident) -> str:
        """Subjects."""
        return ", ".join(incident.subjects)

    @admin.display(description=_("key"))
    def shown_key(self, incident: Incident) -> str:
        """Key."""
        return incident.key
