"""Uploading reference flows: a file is read and compared, shown, and written only when somebody confirms."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.files.uploadedfile import UploadedFile
from django.db import connection
from django.db.models.functions import Now
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from sagui_backend.administration.base import acting
from sagui_backend.administration.models import ReferenceUpload
from sagui_backend.administration.sql_text import statement
from sagui_backend.sagui.models import Stations, StationsReferenceFlowPeriod
from sagui_pipelines.errors import ReferenceFlowInvalid, SourceCorrupt
from sagui_pipelines.geography import reference_flow
from sagui_pipelines.geography.reference_flow import RowProblem, examine_reference_flow

_LARGEST_BYTES = 10 * 2**20
_SHOWN_PROBLEMS = 25
_KEPT = timedelta(days=1)
_FORM_TEMPLATE = "administration/reference_upload.html"
_PREVIEW_TEMPLATE = "administration/reference_preview.html"

# The reader's sentences, so that catalogues hold them.
_TRANSLATED = (
    _("ref_period is %(value)s, not the name of a period"),
    _("ref_period %(value)s is unknown (add it in the admin; known: %(known)s)"),
    _("mini is %(value)s, not the number of a minibasin"),
    _("day_of_year is %(value)s, not a day from 1 to 366"),
    _("flow is %(value)s, not a flow of at least 0 m3/s"),
    _("period %(period)s, minibasin %(mini)s, day %(day)s occurs again"),
)


class UploadForm(forms.Form):
    """The file."""

    csv_file = forms.FileField(
        label=_("CSV file"), widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}), allow_empty_file=True
    )

    def clean_csv_file(self) -> UploadedFile:
        """Refuse what no reference file is that large."""
        file: UploadedFile = self.cleaned_data["csv_file"]
        if (file.size or 0) > _LARGEST_BYTES:
            raise forms.ValidationError(_("The file is larger than 10 MB; reference flows are not."))
        return file


@dataclass(frozen=True)
class Line:
    """What a file changes in one series.

    Attributes:
        period, station: which series.
        inserted, updated, unchanged: numbers of days.
        zero: days whose flow is 0.
    """

    period: str
    station: str
    inserted: int
    updated: int
    unchanged: int
    zero: int

    @property
    def days(self) -> int:
        """Days that the file gives."""
        return self.inserted + self.updated + self.unchanged

    @property
    def is_complete(self) -> bool:
        """True when the file gives all days."""
        return self.days == reference_flow.DAYS


@dataclass(frozen=True)
class Preview:
    """What a file holds and what loading it would do.

    Attributes:
        frame: its good rows.
        problems: why rows are refused, by line; nothing is loaded while there is one.
        lines: changes per series.
        strangers: minibasins of the file that carry no station.
    """

    frame: pd.DataFrame
    problems: dict[int, RowProblem]
    lines: tuple[Line, ...]
    strangers: tuple[int, ...]

    @property
    def totals(self) -> dict[str, int]:
        """Sums over all series."""
        return {
            name: sum(getattr(line, name) for line in self.lines)
            for name in ("inserted", "updated", "unchanged")
        }

    @property
    def mark(self) -> str:
        """Changes when the outcome does."""
        return ":".join(str(number) for number in self.totals.values())

    @property
    def may_load(self) -> bool:
        """True when confirming makes sense."""
        totals = self.totals
        return not self.problems and totals["inserted"] + totals["updated"] > 0

    def shown_problems(self) -> list[tuple[int, str]]:
        """The first refused rows, in the reader's language."""
        first = sorted(self.problems.items())[:_SHOWN_PROBLEMS]
        return [(line, gettext(problem.form) % problem.arguments) for line, problem in first]


def upload_page(model_admin: ModelAdmin, request: HttpRequest) -> HttpResponseBase:
    """Answer the form, the file or the confirmation of somebody who may upload."""
    if request.method == "POST" and "upload" in request.POST:
        return _confirm(model_admin, request)
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method != "POST" or not form.is_valid():
        return _form_page(model_admin, request, form)
    file = form.cleaned_data["csv_file"]
    content = file.read()
    try:
        preview = examine(content)
    except (ReferenceFlowInvalid, SourceCorrupt) as error:
        form.add_error("csv_file", _("The file cannot be read as reference flows."))
        form.add_error("csv_file", f"{error.fact}. {error.remedy}")
        return _form_page(model_admin, request, form)
    upload = None
    if preview.may_load:
        ReferenceUpload.objects.filter(uploaded_at__lt=Now() - _KEPT).delete()
        upload = ReferenceUpload.objects.create(user=request.user, name=file.name[:255], content=content)
    return _preview_page(model_admin, request, preview, file.name, upload)


def examine(content: bytes) -> Preview:
    """Read a file and compare it with what is stored.

    Raises:
        SourceCorrupt, ReferenceFlowInvalid: it is no table of reference flows.
    """
    periods = set(StationsReferenceFlowPeriod.objects.values_list("period", flat=True))
    with tempfile.NamedTemporaryFile(suffix=".csv") as stream:
        stream.write(content)
        stream.flush()
        reference, problems = examine_reference_flow(Path(stream.name), periods)
    frame = reference.frame
    stations = set(Stations.objects.values_list("minibasin_id", flat=True))
    strangers = sorted({int(mini) for mini in frame["mini"].unique()} - stations)
    with connection.cursor() as cursor:
        cursor.execute(statement("reference_preview"), _columns(frame))
        lines = tuple(Line(*row) for row in cursor.fetchall())
    return Preview(frame, problems, lines, tuple(strangers))


def _confirm(model_admin: ModelAdmin, request: HttpRequest) -> HttpResponseBase:
    form = _ConfirmForm(request.POST)
    upload = None
    if form.is_valid():
        upload = ReferenceUpload.objects.filter(pk=form.cleaned_data["upload"], user=request.user).first()
    if upload is None:
        messages.error(request, _("This preview is no longer there; upload the file again."))
        return redirect("admin:sagui_stationsreferenceflow_import")
    with acting(request), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE guyane.stations_reference_flow IN SHARE ROW EXCLUSIVE MODE")
        preview = examine(bytes(upload.content))
        if not preview.may_load or preview.mark != form.cleaned_data["mark"]:
            messages.warning(
                request, _("The stored flows changed since the preview; please look at it again.")
            )
            return _preview_page(model_admin, request, preview, upload.name, upload)
        cursor.execute(statement("reference_write"), _columns(preview.frame))
        periods = StationsReferenceFlowPeriod.objects.filter(period__in=preview.frame["ref_period"].unique())
        periods.update(provenance=reference_flow.provenance(upload.name, bytes(upload.content)))
        upload.delete()
    _report(request, preview)
    return redirect("admin:sagui_stationsreferenceflow_changelist")


class _ConfirmForm(forms.Form):
    upload = forms.UUIDField()
    mark = forms.CharField(max_length=60)


def _report(request: HttpRequest, preview: Preview) -> None:
    messages.success(
        request,
        _("Reference flows loaded: %(inserted)d inserted, %(updated)d updated, %(unchanged)d unchanged.")
        % preview.totals,
    )
    incomplete = sum(not line.is_complete for line in preview.lines)
    if incomplete:
        messages.warning(
            request,
            ngettext(
                "The file gave fewer than 366 days for %(count)d series; the table below shows whether it is complete.",
                "The file gave fewer than 366 days for %(count)d series; the table below shows which are complete.",
                incomplete,
            )
            % {"count": incomplete},
        )


def _columns(frame: pd.DataFrame) -> dict[str, list[Any]]:
    return {
        "periods": frame["ref_period"].tolist(),
        "minis": frame["mini"].tolist(),
        "days": frame["day_of_year"].tolist(),
        "flows": frame["flow"].tolist(),
    }


def _form_page(model_admin: ModelAdmin, request: HttpRequest, form: UploadForm) -> HttpResponseBase:
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.model._meta,
        "title": _("Upload reference flows"),
        "form": form,
        "periods": StationsReferenceFlowPeriod.objects.order_by("-period"),
    }
    return TemplateResponse(request, _FORM_TEMPLATE, context)


def _preview_page(
    model_admin: ModelAdmin, request: HttpRequest, preview: Preview, name: str, upload: ReferenceUpload | None
) -> HttpResponseBase:
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.model._meta,
        "title": _("Preview"),
        "preview": preview,
        "problems": preview.shown_problems(),
        "more_problems": max(len(preview.problems) - _SHOWN_PROBLEMS, 0),
        "name": name,
        "upload": upload if preview.may_load else None,
        "days_of_year": reference_flow.DAYS,
    }
    return TemplateResponse(request, _PREVIEW_TEMPLATE, context)
