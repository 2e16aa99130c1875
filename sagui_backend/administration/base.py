"""What our admin pages have in common."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from csp.constants import SELF
from csp.decorators import csp_update
from django.conf import settings
from django.contrib import admin
from django.contrib.gis.admin import GISModelAdmin
from django.db import connection, transaction
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import method_decorator
from django.utils.text import capfirst

from sagui_backend.administration.widgets import MapWidget
from sagui_pipelines.errors import PublicationFailed
from sagui_pipelines.publication.cache import purge

_logger = logging.getLogger(__name__)
# What follows an edit at once: the API, and the layers that are views on the configured dataset.
_FOLLOWING = ("api", "guyane.hyfaa_data_aggregated_geo", "guyane.hyfaa_forecast_aggregated_geo")


def tell_cache() -> None:
    """Mark what follows an edit as stale; the edit stands all the same when the cache does not listen."""
    if settings.SAGUI_PURGE_URL:
        try:
            purge(settings.SAGUI_PURGE_URL, _FOLLOWING)
        except PublicationFailed as error:
            _logger.warning("An edit shows once cached answers end by themselves: %s", error)


@contextmanager
def acting(request: HttpRequest) -> Iterator[None]:
    """One transaction whose changes are recorded under the administrator's name."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('sagui.who', %s, true)", [request.user.get_username()])
        yield
        transaction.on_commit(tell_cache)


class LabelledForm(ModelForm):
    """A form whose labels start with a capital, like those that Django makes."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        for field in self.fields.values():
            field.label = capfirst(str(field.label))


def titled(kind: type[admin.FieldListFilter], title: Any) -> type[admin.FieldListFilter]:
    """A filter of the list under a title of ours; Django's is the name of the column."""

    class Titled(kind):  # type: ignore[valid-type, misc]
        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named)
            self.title = title

    return Titled


def without_shortcuts(field: Any) -> Any:
    """A choice without the buttons that add, change and delete what is chosen from."""
    if field is not None:
        for action in ("add", "change", "delete", "view"):
            setattr(field.widget, f"can_{action}_related", False)
    return field


class RecordedAdmin(admin.ModelAdmin):
    """Pages of a model whose edits alter published data."""

    def save_model(self, request: HttpRequest, obj: Model, form: ModelForm, change: bool) -> None:
        """Save one object."""
        with acting(request):
            super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        """Delete one object."""
        with acting(request):
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete the chosen objects."""
        with acting(request):
            super().delete_queryset(request, queryset)


class MapAdmin(RecordedAdmin, GISModelAdmin):
    """Pages of a model with a place; the map's renderer runs in a worker that it makes itself."""

    gis_widget = MapWidget

    @method_decorator(csp_update({"worker-src": [SELF, "blob:"]}))
    def changeform_view(self, request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponseBase:
        """The form."""
        return super().changeform_view(request, *arguments, **named)


class ReadOnlyAdmin(admin.ModelAdmin):
    """Pages of a model that only programs write."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Nobody adds."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        """Nobody changes."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        """Nobody deletes."""
        return False
