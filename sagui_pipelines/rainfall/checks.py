"""Checks of the rain table."""

from sagui_pipelines.flow.checks import common_checks, completeness_check
from sagui_pipelines.rainfall.load import TABLE

CHECKS = [*common_checks(TABLE), completeness_check(TABLE)]
