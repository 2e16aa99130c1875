"""Partition definitions that the assets share."""

from __future__ import annotations

import dagster as dg

from sagui_pipelines.settings import load_settings

# A flow row is the state at 00:00 UTC, so today's row exists today: the day in progress is a partition.
DAYS = dg.DailyPartitionsDefinition(
    start_date=load_settings().history_start.isoformat(), timezone="UTC", end_offset=1
)

# A forecast is known by the day it was issued on, the newest day of the model run it starts from.
ISSUE_DAYS = dg.DailyPartitionsDefinition(
    start_date=load_settings().history_start.isoformat(), timezone="UTC", end_offset=1
)
