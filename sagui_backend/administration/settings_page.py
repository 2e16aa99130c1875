"""The one row of configuration."""

from __future__ import annotations

from typing import ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _

from sagui_backend.administration.base import LabelledForm, RecordedAdmin
from sagui_backend.sagui.models import SaguiConfig


class ConfigurationForm(LabelledForm):
    """What the map and the stations show."""

    use_dataset = forms.ChoiceField(
        label=_("dataset"),
        choices=[
            (SaguiConfig.Dataset.ASSIMILATED, _("model with assimilated satellite levels")),
            (SaguiConfig.Dataset.MGBSTANDARD, _("model only")),
        ],
        widget=forms.RadioSelect,
        help_text=_("Flows that the map, the stations and the dashboards show. Takes effect at once."),
    )

    class Meta:
        model = SaguiConfig
        fields = ("use_dataset", "max_ordem")
        labels: ClassVar = {"max_ordem": _("smallest order shown")}
        help_texts: ClassVar = {
            "max_ordem": _(
                "The map shows rivers of this computing order or larger. The layers are rebuilt in the background."
            )
        }

    def clean_max_ordem(self) -> int:
        """Refuse what would be no order."""
        order = int(self.cleaned_data["max_ordem"])
        if order < 0:
            raise forms.ValidationError(_("An order is 0 or more."))
        return order


@admin.register(SaguiConfig)
class ConfigurationAdmin(RecordedAdmin):
    """One form; there is no list, and nothing to add or to delete."""

    form = ConfigurationForm

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """There is one row already."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        """There is always one row."""
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponseBase:
        """The form itself, instead of a list of one."""
        return self.changeform_view(request, "1", "", extra_context)
