"""Whether the backend is alive, and whether it can serve."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Max
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from sagui_backend.sagui.models import ImportDay
from sagui_backend.sagui.sql_state import is_current

SERIES = ("hyfaa_data_mgbstandard", "hyfaa_data_assimilated", "hyfaa_data_forecast", "sagui_rainfall")
_logger = logging.getLogger(__name__)


@never_cache
@require_safe
def live(_request: HttpRequest) -> JsonResponse:
    """The process answers; nothing else is checked."""
    return JsonResponse({"status": "live"})


@never_cache
@require_safe
def ready(_request: HttpRequest) -> JsonResponse:
    """Whether the database answers with the schema of this version, and how old its data are.

    Old data do not make the service unready: an old forecast with its date is better than no answer.
    """
    try:
        problems = _schema_problems()
        series = {} if problems else _newest_days()
    except DatabaseError:
        _logger.exception("readiness: the database cannot be read")
        problems, series = ["the database cannot be read"], {}
    body: dict[str, Any] = {
        "status": "unready" if problems else "ready",
        "problems": problems,
        "series": series,
    }
    return JsonResponse(body, status=503 if problems else 200)


def _schema_problems() -> list[str]:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return ["migrations are missing: run `migrate`, then `apply_sql`"]
    return [] if is_current() else ["views and functions are of another version: run `apply_sql`"]


def _newest_days() -> dict[str, dict[str, Any] | None]:
    """Newest day that holds data, per series; of the forecast, the day of issue."""
    newest = dict(
        ImportDay.objects.filter(row_count__gt=0)
        .values_list("tablename")
        .annotate(day=Max("date"))
        .order_by()
    )
    today = datetime.now(UTC).date()
    return {
        name: {"date": day.isoformat(), "age_days": (today - day).days} if (day := newest.get(name)) else None
        for name in SERIES
    }
