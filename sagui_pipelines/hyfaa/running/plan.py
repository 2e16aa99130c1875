"""HYFAA's steps: which program, which configuration, which stores they read and write.

Two steps exclude each other exactly when one writes a store that the other uses: that is the whole of HYFAA's
rules on what may run in parallel (`docs/hyfaa-runners.md` has the table).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from sagui_pipelines.hyfaa.runner import Step


class Store(StrEnum):
    """Something that a step writes and others read."""

    FORCING = "forcing"
    ASSIMILATION = "assimilation"
    MGBSTANDARD_STATES = "mgbstandard_states"
    MGBSTANDARD_PORTAL = "mgbstandard_portal"
    ENSEMBLIST_STATES = "ensemblist_states"
    ENSEMBLIST_PORTAL = "ensemblist_portal"
    ASSIMILATED_STATES = "assimilated_states"
    ASSIMILATED_PORTAL = "assimilated_portal"
    FORECAST = "forecast"


class Kind(StrEnum):
    """What sort of work a step is."""

    FORCING = "forcing"
    ALTIMETRY = "altimetry"
    PROCESSING = "processing"
    POSTPROCESSING = "postprocessing"
    FORECAST = "forecast"


@dataclass(frozen=True)
class StepPlan:
    """One step.

    Attributes:
        step: which.
        kind: what sort of work.
        solution: HYFAA's name of the solution whose configuration it uses.
        script: program.
        writes: store that it writes, alone.
        reads: stores that it reads, with other readers.
        programs: what the program itself starts.
    """

    step: Step
    kind: Kind
    solution: str
    script: str
    writes: Store
    reads: tuple[Store, ...]
    programs: tuple[str, ...] = ()

    @property
    def configuration(self) -> PurePosixPath:
        """Configuration file, relative to the working directory."""
        return PurePosixPath("config") / f"input_{self.solution}_solution.yaml"

    @property
    def folder(self) -> PurePosixPath:
        """Folder of the solution, relative to the working directory."""
        return solution_folder(self.solution)

    @property
    def portal(self) -> PurePosixPath:
        """Portal file that the step writes, for a postprocessing or a forecast."""
        return self.folder / ("." if self.kind is not Kind.FORECAST else FORECAST_FOLDER) / PORTAL

    def excludes(self, other: StepPlan) -> bool:
        """Whether the two must not run at the same time."""
        return self.writes in (other.writes, *other.reads) or other.writes in self.reads


SOLUTIONS = ("mgbstandard", "ensemblist", "assimilated")
PORTAL = "post_processing_portal.nc"
SCIENCE = "post_processing_science.nc"
FORECAST_FOLDER = "prevision_using_previous_years"
ASSIMILATION_DATABASE = PurePosixPath("databases/assimilation_db/database.sql")


def solution_folder(solution: str) -> PurePosixPath:
    """Folder of a solution, relative to the working directory."""
    return PurePosixPath(f"{solution}_solution_databases")


def states_database(solution: str) -> PurePosixPath:
    """SQLite catalogue of a solution's states, relative to the working directory."""
    return solution_folder(solution) / "hydrological_states_db" / "database_manager.sql"


def _plans() -> dict[Step, StepPlan]:
    plans = [
        # HYFAA prepares its data with the assimilated solution's file, whose grid is the largest.
        StepPlan(
            Step.FORCING,
            Kind.FORCING,
            "assimilated",
            "hyfaa_preprocessing_forcing.py",
            Store.FORCING,
            (),
            ("gzip",),
        ),
        StepPlan(
            Step.ALTIMETRY,
            Kind.ALTIMETRY,
            "assimilated",
            "hyfaa_preprocessing_assimilation.py",
            Store.ASSIMILATION,
            (),
        ),
    ]
    inputs = (Store.FORCING, Store.ASSIMILATION)
    for solution in SOLUTIONS:
        states, portal = Store(f"{solution}_states"), Store(f"{solution}_portal")
        plans += [
            StepPlan(
                Step(f"{solution}_processing"),
                Kind.PROCESSING,
                solution,
                "hyfaa_processing.py",
                states,
                inputs,
                ("mgb_iph",),
            ),
            StepPlan(
                Step(f"{solution}_postprocessing"),
                Kind.POSTPROCESSING,
                solution,
                "hyfaa_postprocessing.py",
                portal,
                (states,),
                ("nccopy",),
            ),
        ]
    plans.append(
        StepPlan(
            Step.FORECAST,
            Kind.FORECAST,
            "mgbstandard",
            "fake_previsions_using_previous_years_forcing.py",
            Store.FORECAST,
            (*inputs, Store.MGBSTANDARD_STATES),
            ("mgb_iph", "nccopy"),
        )
    )
    return {plan.step: plan for plan in plans}


PLANS = _plans()


def conflicting(step: Step) -> tuple[Step, ...]:
    """Steps that must not run while `step` runs, itself included."""
    return tuple(other for other, plan in PLANS.items() if PLANS[step].excludes(plan))


@dataclass(frozen=True)
class Database:
    """A SQLite catalogue with HYFAA's lock beside it.

    Attributes:
        path: relative to the working directory.
        files: folder of its files, `{type}` standing for the row's column; None when it has none.
    """

    path: PurePosixPath
    files: str | None

    @property
    def lock(self) -> PurePosixPath:
        """HYFAA's lock file."""
        return self.path.with_name(f"{self.path.name}_lock")


def databases(store: Store) -> tuple[Database, ...]:
    """The catalogues of a store; portal files and the forecast have none that outlives a step."""
    if store is Store.FORCING:
        names = ("forcing_grid_db", "forcing_onmesh_db")
        folder = PurePosixPath("databases")
        return tuple(Database(folder / name / "database_manager.sql", "data_store") for name in names)
    if store is Store.ASSIMILATION:
        return (Database(ASSIMILATION_DATABASE, None),)
    solution, _, what = store.value.partition("_")
    return (Database(states_database(solution), "data_store/{type}"),) if what == "states" else ()
