"""Checks of HYFAA's files and of those who provide for them; they warn, and hold nothing back."""

from collections.abc import Callable
from pathlib import Path

import dagster as dg

from sagui_pipelines.asset_kit import file_key
from sagui_pipelines.check_kit import ERROR, WARN, Finding, result
from sagui_pipelines.hyfaa import health
from sagui_pipelines.hyfaa.solutions import Solution
from sagui_pipelines.resources import Inputs


def _check(
    asset: str,
    name: str,
    description: str,
    find: Callable[[Inputs], Finding],
    severity: dg.AssetCheckSeverity = WARN,
) -> dg.AssetChecksDefinition:
    @dg.asset_check(asset=file_key(asset), name=name, description=description)
    def check(inputs: Inputs) -> dg.AssetCheckResult:
        return result(find(inputs), severity)

    return check


def _plausibility(solution: Solution) -> dg.AssetChecksDefinition:
    return _check(
        f"{solution.value}_portal",
        "plausibility",
        "Nothing looks odd in the newest copy: members, spread, days, flags, single values.",
        lambda inputs: health.plausibility(inputs.snapshot_dir, solution),
    )


CHECKS = [
    _check(
        "static_data",
        "mesh",
        "The mesh is a river network: positions, areas, cells numbered downstream.",
        lambda inputs: health.mesh(Path(inputs.workdir)),
        ERROR,
    ),
    _check(
        "forcing_onmesh_db",
        "rain_store",
        "Rain arrives in time and without gaps that the model would fill with earlier rain.",
        lambda inputs: health.rain_store(Path(inputs.workdir)),
    ),
    _check(
        "assimilation_db",
        "altimetry",
        "Satellites reported levels lately.",
        lambda inputs: health.altimetry(Path(inputs.workdir)),
    ),
    *map(_plausibility, Solution),
    _check(
        "assimilated_portal",
        "assimilation",
        "Observations changed some of the newest days.",
        lambda inputs: health.assimilation(inputs.snapshot_dir),
    ),
]
