"""Checks of the flow tables; each looks at the whole table once a run, whatever days the run loaded."""

from collections.abc import Callable
from pathlib import Path

import dagster as dg

from sagui_pipelines.asset_kit import table_key
from sagui_pipelines.check_kit import ERROR, WARN, Finding, result
from sagui_pipelines.flow import table_checks
from sagui_pipelines.flow.series import table_name
from sagui_pipelines.hyfaa.mesh import usable_mesh
from sagui_pipelines.hyfaa.solutions import Solution
from sagui_pipelines.resources import Inputs, Postgis

Find = Callable[[Inputs, Postgis], Finding]


def table_check(
    table: str,
    name: str,
    description: str,
    find: Find,
    severity: dg.AssetCheckSeverity,
    *,
    blocking: bool = False,
) -> dg.AssetChecksDefinition:
    """A check of one table."""

    @dg.asset_check(asset=table_key(table), name=name, description=description, blocking=blocking)
    def check(inputs: Inputs, postgis: Postgis) -> dg.AssetCheckResult:
        return result(find(inputs, postgis), severity)

    return check


def common_checks(table: str) -> list[dg.AssetChecksDefinition]:
    """What is checked of every series table."""
    return [
        table_check(
            table,
            "contract",
            "Columns, key, cells, days and physical limits are what readers rely on.",
            lambda _, postgis: table_checks.contract(postgis.engine, table),
            ERROR,
            blocking=True,
        ),
        table_check(
            table,
            "refused_days",
            "No day stands refused as corrupt.",
            lambda _, postgis: table_checks.refused(postgis.engine, table),
            ERROR,
        ),
        table_check(
            table,
            "freshness",
            "The newest day of data is the one that is due, counted in missed days.",
            lambda _, postgis: table_checks.freshness(postgis.engine, table),
            WARN,
        ),
    ]


def completeness_check(table: str) -> dg.AssetChecksDefinition:
    """Whether a series has all cells of all days."""
    return table_check(
        table,
        "completeness",
        "Every cell has a row on every day between the first and the newest.",
        lambda _, postgis: table_checks.completeness(postgis.engine, table),
        WARN,
    )


def _series_checks(solution: Solution) -> list[dg.AssetChecksDefinition]:
    table = table_name(solution)
    return [
        *common_checks(table),
        completeness_check(table),
        table_check(
            table,
            "continuity",
            "Flow goes on downstream: each cell carries what enters it from above, within wide bounds.",
            lambda inputs, postgis: table_checks.continuity(
                postgis.engine, solution, usable_mesh(Path(inputs.workdir))[0]
            ),
            WARN,
        ),
        table_check(
            table,
            "against_usual",
            "The median river carries between a tenth and ten times its usual flow of the season.",
            lambda _, postgis: table_checks.against_usual(postgis.engine, solution),
            WARN,
        ),
    ]


CHECKS = [
    *_series_checks(Solution.MGBSTANDARD),
    *_series_checks(Solution.ASSIMILATED),
    *common_checks(table_name(Solution.FORECAST)),
]
