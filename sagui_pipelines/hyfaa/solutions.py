"""The three HYFAA solutions that this platform publishes, and where their files lie.

Source of paths: HYFAA's working directory layout, see docs/data-model.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath


class Solution(StrEnum):
    """A series of HYFAA, by the name its table carries."""

    MGBSTANDARD = "mgbstandard"
    ASSIMILATED = "assimilated"
    FORECAST = "forecast"


@dataclass(frozen=True)
class SolutionFiles:
    """Paths of one solution, relative to HYFAA's working directory.

    Attributes:
        portal: the published NetCDF file.
        state_database: the SQLite database whose lock tells that the model is computing this solution.
        is_forecast: a forecast portal is complete only once HYFAA appended `years_used`.
    """

    portal: PurePosixPath
    state_database: PurePosixPath
    is_forecast: bool = False

    @property
    def lock(self) -> PurePosixPath:
        """Lock file of the state database: its path with `_lock` appended."""
        return self.state_database.with_name(self.state_database.name + "_lock")


_MGBSTANDARD = PurePosixPath("mgbstandard_solution_databases")
_ASSIMILATED = PurePosixPath("assimilated_solution_databases")
_PREVIOUS_YEARS = _MGBSTANDARD / "prevision_using_previous_years"

FILES: dict[Solution, SolutionFiles] = {
    Solution.MGBSTANDARD: SolutionFiles(
        _MGBSTANDARD / "post_processing_portal.nc",
        _MGBSTANDARD / "hydrological_states_db" / "database_manager.sql",
    ),
    Solution.ASSIMILATED: SolutionFiles(
        _ASSIMILATED / "post_processing_portal.nc",
        _ASSIMILATED / "hydrological_states_db" / "database_manager.sql",
    ),
    Solution.FORECAST: SolutionFiles(
        _PREVIOUS_YEARS / "post_processing_portal.nc",
        _PREVIOUS_YEARS / "hydrological_states_db" / "database_manager.sql",
        is_forecast=True,
    ),
}

FORCING_ONMESH = PurePosixPath("databases/forcing_onmesh_db")
STATIC_DATA = PurePosixPath("input_data/static_data.nc")
