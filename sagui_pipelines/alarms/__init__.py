"""Telling operators: incidents that open and close once, and the messages that say so. Knows Dagster in `sensors` only."""

from __future__ import annotations

from sagui_pipelines.alarms.incidents import OpenIncident, all_clear, open_incidents, report
from sagui_pipelines.alarms.problem import Problem, Severity

__all__ = ["OpenIncident", "Problem", "Severity", "all_clear", "open_incidents", "report"]
