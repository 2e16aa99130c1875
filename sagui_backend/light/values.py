"""Addresses below /api/values/: which values there are, what they stand for, and the values of a day."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from sagui_backend.api.errors import problem
from sagui_backend.light.answers import answer, missing, prepared_view
from sagui_backend.light.queries import day_values, document

CACHE_TAG = "values"


@prepared_view
def described(request: HttpRequest) -> HttpResponseBase:
    """The index of series, and the lists of ids: JSON."""
    found = document(request.path)
    if found is None:
        return missing("Nothing has been published yet.")
    return answer(
        request, found.content, version=found.version, content_type="application/json", tag=CACHE_TAG
    )


@prepared_view
def of_day(request: HttpRequest, series: str, day: str) -> HttpResponseBase:
    """All values of a series on a day: one little-endian 16-bit number per id, and nothing else."""
    try:
        wanted = date.fromisoformat(day)
    except ValueError:
        return problem(400, "The day is no date written YYYY-MM-DD.")
    found = day_values(series, wanted)
    if found is None:
        return missing("There is no such series, or it has no values on this day; /api/values/ lists them.")
    return answer(
        request, found.content, version=found.version, content_type="application/octet-stream", tag=CACHE_TAG
    )
