"""What was loaded, published and edited; only to be looked at."""

from __future__ import annotations

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from sagui_backend.administration.base import ReadOnlyAdmin, titled
from sagui_backend.administration.models import ConfigurationChange
from sagui_backend.administration.series import SERIES, age_of
from sagui_backend.api.freshness import Freshness
from sagui_backend.sagui.models import ImportLog, ImportState, Publication

_SHOWN_ERROR = 160


def _series(table: str) -> str:
    return str(SERIES.get(table, table))


@admin.register(ImportState)
class ImportStateAdmin(ReadOnlyAdmin):
    """State of each imported table."""

    list_display = ("series", "newest", "age", "rows", "cells", "loaded", "errors", "error", "error_at")
    ordering = ("tablename",)
    fields = (
        "series",
        "newest",
        "age",
        "rows",
        "cells",
        "version",
        "loaded",
        "errors",
        "whole_error",
        "error_at",
    )

    @admin.display(description=_("version of the source"), empty_value="–")
    def version(self, state: ImportState) -> str | None:
        """Version of the file loaded last."""
        return state.source_version

    @admin.display(description=_("last error"), empty_value="–")
    def whole_error(self, state: ImportState) -> str | None:
        """Last error."""
        return state.last_error

    @admin.display(description=_("series"), ordering="tablename")
    def series(self, state: ImportState) -> str:
        """What the table holds."""
        return _series(state.tablename)

    @admin.display(description=_("newest day"), ordering="last_date", empty_value="–")
    def newest(self, state: ImportState) -> object:
        """Newest day."""
        return state.last_date

    @admin.display(description=_("age"))
    def age(self, state: ImportState) -> SafeString:
        """Age of the data, marked when it is too old."""
        stale = Freshness.of(state.last_date).stale
        return format_html(
            '<span class="{}">{}</span>', "sagui-bad" if stale else "sagui-good", age_of(state.last_date)
        )

    @admin.display(description=_("rows"), ordering="row_count", empty_value="–")
    def rows(self, state: ImportState) -> int | None:
        """Rows."""
        return state.row_count

    @admin.display(description=_("cells"), ordering="n_cells", empty_value="–")
    def cells(self, state: ImportState) -> int | None:
        """Cells."""
        return state.n_cells

    @admin.display(description=_("last load without errors"), empty_value="–")
    def loaded(self, state: ImportState) -> object:
        """Time of the newest file of the last clean load."""
        return state.last_updated_without_errors

    @admin.display(description=_("errors of the last load"), ordering="update_errors")
    def errors(self, state: ImportState) -> int:
        """Errors."""
        return state.update_errors

    @admin.display(description=_("last error"), empty_value="–")
    def error(self, state: ImportState) -> str | None:
        """Last error, shortened; the whole stands on the page of the row."""
        return Truncator(state.last_error).chars(_SHOWN_ERROR) if state.last_error else None

    @admin.display(description=_("on"), ordering="last_error_at", empty_value="–")
    def error_at(self, state: ImportState) -> object:
        """Time of the last error."""
        return state.last_error_at


class _WithErrors(admin.SimpleListFilter):
    title = _("errors")
    parameter_name = "errors"

    def lookups(self, _request: object, _model_admin: object) -> list[tuple[str, str]]:
        return [("yes", _("with error")), ("no", _("without error"))]

    def queryset(self, _request: object, queryset: object) -> object:
        if self.value() in {"yes", "no"}:
            return queryset.filter(error__isnull=self.value() == "no")
        return queryset


@admin.register(ImportLog)
class ImportLogAdmin(ReadOnlyAdmin):
    """Every load."""

    list_display = ("at", "series", "days", "inserted", "updated", "unchanged", "deleted", "failure")
    list_filter = (("tablename", titled(admin.AllValuesFieldListFilter, _("table"))), _WithErrors)
    fields = (
        "at", "series", "days", "source", "version", "run", "staged", "inserted", "updated", "unchanged", "deleted",
        "whole_error",
    )  # fmt: skip
    date_hierarchy = "finished_at"
    show_full_result_count = False

    @admin.display(description=_("file"), empty_value="–")
    def source(self, log: ImportLog) -> str | None:
        """File."""
        return log.source_file

    @admin.display(description=_("version of the source"), empty_value="–")
    def version(self, log: ImportLog) -> str | None:
        """Version of the file."""
        return log.source_version

    @admin.display(description=_("run"), empty_value="–")
    def run(self, log: ImportLog) -> str | None:
        """Dagster run."""
        return log.run_id

    @admin.display(description=_("rows read"), empty_value="–")
    def staged(self, log: ImportLog) -> int | None:
        """Rows read."""
        return log.rows_staged

    @admin.display(description=_("error"), empty_value="–")
    def whole_error(self, log: ImportLog) -> str | None:
        """Error."""
        return log.error

    @admin.display(description=_("finished at"), ordering="finished_at")
    def at(self, log: ImportLog) -> object:
        """End of the load."""
        return log.finished_at

    @admin.display(description=_("series"), ordering="tablename")
    def series(self, log: ImportLog) -> str:
        """What was loaded."""
        return _series(log.tablename)

    @admin.display(description=_("days"), empty_value="–")
    def days(self, log: ImportLog) -> str | None:
        """Days loaded."""
        if log.first_date is None:
            return None
        return (
            f"{log.first_date} – {log.last_date}" if log.first_date != log.last_date else str(log.first_date)
        )

    @admin.display(description=_("inserted"), empty_value="–")
    def inserted(self, log: ImportLog) -> int | None:
        """New rows."""
        return log.rows_inserted

    @admin.display(description=_("updated"), empty_value="–")
    def updated(self, log: ImportLog) -> int | None:
        """Changed rows."""
        return log.rows_updated

    @admin.display(description=_("unchanged"), empty_value="–")
    def unchanged(self, log: ImportLog) -> int | None:
        """Rows that were already there."""
        return log.rows_unchanged

    @admin.display(description=_("deleted"), empty_value="–")
    def deleted(self, log: ImportLog) -> int | None:
        """Rows that went."""
        return log.rows_deleted

    @admin.display(description=_("error"), empty_value="–")
    def failure(self, log: ImportLog) -> str | None:
        """Error, shortened."""
        return Truncator(log.error).chars(_SHOWN_ERROR) if log.error else None


@admin.register(Publication)
class PublicationAdmin(ReadOnlyAdmin):
    """Published layers."""

    list_display = fields = ("shown_layer", "published", "first", "last", "features")
    ordering = ("layer",)

    @admin.display(description=_("layer"), ordering="layer")
    def shown_layer(self, publication: Publication) -> str:
        """Layer."""
        return publication.layer

    @admin.display(description=_("published at"), ordering="published_at")
    def published(self, publication: Publication) -> object:
        """Since when the content is what it is."""
        return publication.published_at

    @admin.display(description=_("first day"), empty_value="–")
    def first(self, publication: Publication) -> object:
        """Oldest day."""
        return publication.first_date

    @admin.display(description=_("newest day"), empty_value="–")
    def last(self, publication: Publication) -> object:
        """Newest day."""
        return publication.last_date

    @admin.display(description=_("features"))
    def features(self, publication: Publication) -> int:
        """Features."""
        return publication.feature_count


@admin.register(ConfigurationChange)
class ConfigurationChangeAdmin(ReadOnlyAdmin):
    """Edits that altered published data."""

    list_display = ("changed_at", "what", "detail", "who")
    list_filter = ("what",)
    date_hierarchy = "changed_at"
