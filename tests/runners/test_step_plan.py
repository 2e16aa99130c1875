"""Which steps may run at the same time: HYFAA's own rules, pair by pair, and the table that people read."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from sagui_pipelines.hyfaa.runner import Step
from sagui_pipelines.hyfaa.running.plan import PLANS, Kind, Store, conflicting, databases

DOC = Path(__file__).resolve().parents[2] / "docs" / "hyfaa-runners.md"


def may_run_together(one: Step, other: Step) -> bool:
    """HYFAA's rules in their own words, without stores."""
    first, second = sorted((PLANS[one], PLANS[other]), key=lambda plan: list(Kind).index(plan.kind))
    same_solution = first.solution == second.solution
    match first.kind, second.kind:
        case Kind.FORCING, Kind.ALTIMETRY:
            return True
        case ((Kind.FORCING | Kind.ALTIMETRY), (Kind.PROCESSING | Kind.FORECAST)):
            return False
        case ((Kind.FORCING | Kind.ALTIMETRY), Kind.POSTPROCESSING):
            return True
        case Kind.PROCESSING, (Kind.PROCESSING | Kind.POSTPROCESSING | Kind.FORECAST):
            return not same_solution
        case Kind.POSTPROCESSING, Kind.POSTPROCESSING:
            return not same_solution
        case Kind.POSTPROCESSING, Kind.FORECAST:
            return True
    raise AssertionError((one, other))


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(Step, 2)), ids=lambda step: step.value)
def test_steps_exclude_each_other_exactly_where_hyfaa_says(one: Step, other: Step) -> None:
    assert PLANS[one].excludes(PLANS[other]) == (not may_run_together(one, other))
    assert PLANS[other].excludes(PLANS[one]) == PLANS[one].excludes(PLANS[other])


@pytest.mark.parametrize("step", Step)
def test_no_step_runs_twice_at_a_time(step: Step) -> None:
    assert PLANS[step].excludes(PLANS[step])
    assert step in conflicting(step)


def test_every_store_has_one_writer() -> None:
    assert sorted(plan.writes for plan in PLANS.values()) == sorted(Store)


def test_catalogues_and_locks_lie_where_hyfaa_has_them() -> None:
    locks = {store.value: [str(database.lock) for database in databases(store)] for store in Store}
    assert locks["forcing"] == [
        "databases/forcing_grid_db/database_manager.sql_lock",
        "databases/forcing_onmesh_db/database_manager.sql_lock",
    ]
    assert locks["assimilation"] == ["databases/assimilation_db/database.sql_lock"]
    assert locks["assimilated_states"] == [
        "assimilated_solution_databases/hydrological_states_db/database_manager.sql_lock"
    ]
    assert locks["forecast"] == locks["mgbstandard_portal"] == []


def test_the_table_of_the_documentation_says_the_same() -> None:
    [table] = re.findall(r"<!-- parallel -->\n(.*?)\n\n", DOC.read_text(encoding="utf-8"), re.S)
    head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    examples = {
        "1 rain": Step.FORCING,
        "2 altimetry": Step.ALTIMETRY,
        "3 processing": Step.MGBSTANDARD_PROCESSING,
        "4 postprocessing": Step.MGBSTANDARD_POSTPROCESSING,
        "5 forecast": Step.FORECAST,
        "3 of another solution": Step.ASSIMILATED_PROCESSING,
        "4 of another solution": Step.ASSIMILATED_POSTPROCESSING,
    }
    assert len(rows) == 5
    for row in rows:
        for name, cell in zip(head[1:], row[1:], strict=True):
            one, other = examples[row[0]], examples[name]
            assert cell == ("no" if PLANS[one].excludes(PLANS[other]) else "yes"), (row[0], name)
