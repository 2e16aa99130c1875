"""The dashboards; public pages, the same for everybody."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import get_language
from django.views.generic import TemplateView

from sagui_backend.api.freshness import Freshness, oldest
from sagui_backend.api.middleware import CACHE_TAG
from sagui_backend.dashboards.blocks import SUMMARY_NAMES, colours, names, overview
from sagui_backend.dashboards.flow_table import flow_table
from sagui_backend.sagui.models import AtmoAlertCategories


class _Page(TemplateView):
    http_method_names = ("get", "head", "options")

    def dispatch(self, request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponseBase:
        response = super().dispatch(request, *arguments, **named)
        response["Cache-Control"] = "public, max-age=30"
        response["xkey"] = CACHE_TAG
        return response

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        """What all pages show."""
        language = get_language() or settings.LANGUAGE_CODE
        categories = list(AtmoAlertCategories.objects.order_by("bounds_min"))
        return super().get_context_data(**extra) | {
            "language": language,
            "languages": [(code, name, _query(code), code == language) for code, name in settings.LANGUAGES],
            "query": _query(language),
            "flow_colors": colours(categories),
            "level_names": names(categories, language),
        }


class OverviewPage(_Page):
    """Four blocks: flow, forecast, rain, air."""

    template_name = "dashboards/overview.html"

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        """Blocks of the page."""
        context = super().get_context_data(**extra)
        blocks = overview()
        for block in blocks:
            context[f"{block.key}_data_summary"] = block.summary
            context[f"{block.key}_histogram"] = dict(block.histogram)
        return context | {
            "blocks": [(block, context["level_names"].get(block.code or "", "")) for block in blocks],
            "summary_names": {key: str(name) for key, name in SUMMARY_NAMES.items()},
            "freshness": oldest(
                Freshness(block.data_date, block.stale) for block in blocks if block.data_date
            ),
        }


class FlowTablePage(_Page):
    """One row per station, one column per day."""

    template_name = "dashboards/flow.html"

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        """The table."""
        table = flow_table()
        return super().get_context_data(**extra) | {"table": table, "freshness": table.freshness}


def _query(language: str) -> str:
    return "" if language == settings.LANGUAGE_CODE else f"?{urlencode({'lang': language})}"
